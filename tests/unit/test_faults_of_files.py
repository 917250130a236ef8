"""What happens to files when disks, machines and people do their worst."""

import errno
import pickle
import random
import signal
import subprocess
import textwrap
from contextlib import suppress

import alone
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hostile import Trap

from mirage import files, tensors
from mirage.detectors import Score
from mirage_workflow import tables
from mirage_workflow.schemas.samples import samples_schema
from mirage_workflow.tables import TableError

SAMPLES = samples_schema((2,), [Score("hal", 0, 4)])
PROVENANCE = {"config": {"sampling": {"samples": 5}}, "seed": 3}


def drawn(n: int) -> pd.DataFrame:
    ids = np.arange(n)
    return pd.DataFrame({"sample": ids, "x0": ids / 2, "x1": -ids / 4, "hal_0_4": ids / 8})


def complaint(*paths) -> str:
    with pytest.raises(TableError) as caught:
        tables.read(*paths)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- flipped bits ------------------------------------------------------------------------------


def test_a_table_with_a_flipped_bit_is_refused_or_reads_as_it_was_written(tmp_path):
    path = tmp_path / "seed0/gen0/samples/shard00001.parquet"
    tables.write(path, drawn(50), SAMPLES, PROVENANCE)
    whole, written = path.read_bytes(), tables.read(path)
    complaints = []
    for bit in random.Random(0).sample(range(8 * len(whole)), 3_000):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            pd.testing.assert_frame_equal(tables.read(path), written, check_exact=True)
        except TableError as error:
            complaints.append(str(error))
    assert len(complaints) > 1_500  # the others hit statistics that no reader of ours uses
    for message in complaints:
        assert str(path) in message
        assert "rule draw_samples makes it anew" in message


@pytest.mark.parametrize("count", [-1, 49, 51])
def test_a_table_that_tells_another_number_of_rows_is_refused(tmp_path, count, monkeypatch):
    path = tmp_path / "kept.parquet"
    monkeypatch.setattr(
        tables, "_seal", lambda schema, rows, seal=tables._seal: seal(schema, count)
    )
    tables.write(path, drawn(50), SAMPLES, PROVENANCE)
    monkeypatch.undo()
    assert "rule filter_samples makes it anew" in complaint(path)


# --- full disks --------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path):
    """A disk of 256 KiB."""
    disk = tmp_path / "tiny"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root, and not in every container, may mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def noise(n: int) -> pd.DataFrame:
    """Rows that do not compress."""
    rng = np.random.default_rng(0)
    return pd.DataFrame({name: rng.random(n, np.float32) for name in SAMPLES.names}).assign(
        sample=np.arange(n)
    )


def test_a_full_disk_leaves_no_part_of_a_table(tiny):
    path = tiny / "gen0/samples/shard00000.parquet"
    tables.write(path, noise(100), SAMPLES, PROVENANCE)
    before = tables.digest(path)
    with pytest.raises(OSError, match="space") as caught:
        tables.write(path, noise(100_000), SAMPLES, PROVENANCE)
    assert caught.value.errno == errno.ENOSPC
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert tables.digest(path) == before


def test_a_full_disk_leaves_the_checkpoint_before(tiny):
    path = tiny / "model.safetensors.checkpoint"
    tensors.write(path, {"weight": torch.ones(100)}, {"update": "1"})
    with pytest.raises(OSError, match=r"model\.safetensors\.checkpoint.*space"):
        tensors.write(path, {"weight": torch.randn(100_000)}, {"update": "2"})
    assert [entry.name for entry in tiny.iterdir()] == [path.name]
    assert tensors.read(path)[1] == {"update": "1"}


def test_a_full_disk_leaves_no_part_of_text(tiny):
    with pytest.raises(OSError, match="space"), files.replacing(tiny / "config.yaml") as temporary:
        temporary.write_text("x" * 10**6)
    assert list(tiny.iterdir()) == []


# --- hostile files -----------------------------------------------------------------------------


def test_an_extension_type_that_pickles_is_not_executed(tmp_path):
    # As in CVE-2023-47248: a type whose description is a pickle.
    trap = Trap(tmp_path / "sprung")
    storage = pa.array([1.0, 2.0], pa.float32())
    metadata = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(trap),
    }
    schema = pa.schema([pa.field("sample", pa.float32(), metadata=metadata)])
    pq.write_table(pa.Table.from_arrays([storage], schema=schema), tmp_path / "scores.parquet")
    assert not trap.sprung
    with pytest.raises(TableError, match=r"scores\.parquet"):
        tables.read_points(tmp_path / "scores.parquet", shape=(2,))
    with suppress(TableError):
        tables.read(tmp_path / "scores.parquet")
    assert not trap.sprung


def test_pickles_in_columns_and_metadata_stay_bytes(tmp_path):
    trap = Trap(tmp_path / "sprung")
    payload = pickle.dumps(trap)
    table = pa.table({"sample": [1], "label": pa.array([payload], pa.binary())})
    table = table.replace_schema_metadata({b"pandas": payload, b"mirage.provenance": payload})
    pq.write_table(table, tmp_path / "scores.parquet")
    assert tables.read(tmp_path / "scores.parquet")["label"].tolist() == [payload]
    with pytest.raises(TableError, match="provenance"):
        tables.provenance(tmp_path / "scores.parquet")
    assert not trap.sprung


@pytest.mark.parametrize("save", [pd.to_pickle, torch.save])
def test_a_pickle_named_parquet_is_refused(tmp_path, save):
    trap = Trap(tmp_path / "sprung")
    save({"sample": trap}, tmp_path / "kept.parquet")
    assert "kept.parquet" in complaint(tmp_path / "kept.parquet")
    assert not trap.sprung


# --- signals -----------------------------------------------------------------------------------


def test_a_job_asked_to_end_does_so_with_code_143_and_no_litter(tmp_path):
    script = textwrap.dedent(
        """
        from mirage_workflow.job import begin

        job = begin(snakemake)

        import time
        from pathlib import Path
        from mirage import files

        with files.replacing(Path(job.output.table)) as temporary:
            temporary.write_text("half")
            time.sleep(60)
        """
    )
    folder = tmp_path / "results"
    output = {"table": folder / "table"}
    command = alone.command("make_dataset", tmp_path / "log", text=script, output=output)
    process = subprocess.Popen(command, env=alone.environment())
    while not list(folder.glob(".table.*.tmp")):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 143
    assert list(folder.iterdir()) == []
