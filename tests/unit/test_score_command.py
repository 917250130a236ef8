import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import diffusers
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from tiny_pipelines import save_latent, save_unconditional, unet

from mirage.__main__ import main
from mirage.hooks.gallery import page
from mirage.rng import torch_seed

ROOT = Path(__file__).parents[2]
SMALL = ["--samples", "10", "--batch", "4", "--steps", "12"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_unconditional(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("whole") / "scores"
    assert main(["score", str(folder), *SMALL, "--out", str(out)]) == 0
    return out


def process(*arguments, path: Path = ROOT / "src", **more) -> subprocess.Popen:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "mirage", *map(str, arguments)]
    path = {"PYTHONPATH": f"{ROOT / 'src'}:{path}", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=os.environ | path, stderr=subprocess.PIPE, text=True, **more
    )


def fails(capsys, *arguments) -> str:
    """The one line that is told, and nothing else."""
    assert main(["score", *map(str, arguments)]) == 1
    told = capsys.readouterr()
    lines = [line for line in re.split("[\r\n]", told.err) if line and "picture/s" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("mirage: ")
    assert told.out == ""
    return lines[0]


def same(one: Path, other: Path) -> None:
    frames = [pd.read_parquet(out / "scores.parquet") for out in (one, other)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    names = [sorted(path.name for path in (out / "images").iterdir()) for out in (one, other)]
    assert names[0] == names[1]
    for name in names[0]:
        assert (one / "images" / name).read_bytes() == (other / "images" / name).read_bytes()


def test_each_picture_has_a_row_a_score_and_a_file(whole):
    scores = pd.read_parquet(whole / "scores.parquet")
    assert list(scores) == ["sample", "seed", "hal_0_9"]
    assert scores["sample"].tolist() == list(range(10))
    seeds = [torch_seed(0, "score", 0, batch) for batch in (0, 1, 2)]
    assert scores["seed"].tolist() == np.repeat(seeds, [4, 4, 2]).tolist()
    assert scores.attrs["hal_0_9"] == {"detector": "hal", "first": 0, "last": 9}
    assert (scores["hal_0_9"] > 0).all()
    assert scores["hal_0_9"].is_unique
    pictures = [np.asarray(Image.open(path)) for path in sorted((whole / "images").iterdir())]
    assert np.shape(pictures) == (10, 8, 8)
    assert len({picture.tobytes() for picture in pictures}) == 10


def test_the_gallery_shows_the_lowest_and_the_highest_and_loads_nothing(whole):
    html = (whole / "gallery.html").read_text()
    scores = pd.read_parquet(whole / "scores.parquet").sort_values("hal_0_9")
    shown = [int(sample) for sample in re.findall('alt="sample ([0-9]+)"', html)]
    assert shown == [*scores["sample"][::-1][:5], *scores["sample"][:5]]
    assert f"{scores['hal_0_9'].max():.2e}" in html
    assert "10 pictures by hal over steps 0 to 9 before the end" in html
    assert set(re.findall(r'(?:src|href)="([a-z]+:[a-z/]+)', html)) == {"data:image/png"}
    assert "http" not in html
    assert "<script" not in html


def test_a_gallery_puts_what_is_not_a_number_among_the_highest(whole):
    scores = pd.read_parquet(whole / "scores.parquet")
    scores.loc[3, "hal_0_9"] = np.nan
    assert re.search('alt="sample ([0-9]+)"', page(scores, whole / "images"))[1] == "3"


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_numbers(folder, whole, tmp_path):
    out = tmp_path / "scores"
    arguments = ["score", folder, *SMALL, "--out", out]
    first = process(*arguments)
    while not (out / "batches/000000.parquet").exists():
        assert first.poll() is None, first.stderr.read()
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not (out / "scores.parquet").exists()
    (out / "images/.000004.png.abc.tmp").write_bytes(b"half")
    done = (out / "batches/000000.parquet").stat().st_mtime_ns
    assert main([str(argument) for argument in arguments]) == 0
    assert (out / "batches/000000.parquet").stat().st_mtime_ns == done
    same(out, whole)


@pytest.mark.parametrize("missing", ["000000", "000002"])
def test_a_batch_draws_the_same_whatever_was_drawn_before(folder, whole, tmp_path, missing):
    out = tmp_path / "scores"
    shutil.copytree(whole, out)
    (out / f"batches/{missing}.parquet").unlink()
    assert main(["score", str(folder), *SMALL, "--out", str(out)]) == 0
    same(out, whole)


def test_a_latent_pipeline_whose_scheduler_gets_no_generator_draws_the_same_again(tmp_path):
    folder = save_latent(tmp_path / "pipeline", "DDPMScheduler")
    for out in ("one", "two"):
        np.random.default_rng().random()
        assert main(["score", str(folder), *SMALL, "--out", str(tmp_path / out)]) == 0
    same(tmp_path / "one", tmp_path / "two")
    with Image.open(tmp_path / "one/images/000000.png") as picture:
        assert picture.mode == "RGB"


def test_windows_and_detectors_are_as_asked(folder, tmp_path):
    more = ["--window", "0", "4", "--window", "2", "6", "--detector", "hal_moving"]
    assert main(["score", str(folder), *SMALL, *more, "--out", str(tmp_path / "out")]) == 0
    scores = pd.read_parquet(tmp_path / "out/scores.parquet")
    assert list(scores) == ["sample", "seed", "hal_moving_0_4", "hal_moving_2_6"]


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--seed", "1", "seed 0, and now 1"),
        ("--batch", "5", "batch 4, and now 5"),
        ("--samples", "12", "samples 10, and now 12"),
        ("--steps", "13", "steps 12, and now 13"),
        ("--detector", "hal_moving", "detectors ['hal'], and now ['hal_moving']"),
    ],
)
def test_a_run_does_not_go_on_with_other_options(folder, whole, capsys, option, value, words):
    assert words in fails(capsys, folder, *SMALL, "--out", whole, option, value)


def test_a_run_does_not_go_on_with_another_pipeline(folder, whole, capsys, tmp_path):
    other = save_unconditional(tmp_path / "other", clip_sample=False)
    told = fails(capsys, other, *SMALL, "--out", whole)
    assert told == f"mirage: {whole} holds a run of another pipeline; say another --out"


def test_a_folder_of_something_else_is_left_alone(folder, tmp_path, capsys):
    (tmp_path / "thesis.tex").touch()
    assert "is not empty" in fails(capsys, folder, "--out", tmp_path)
    assert "is within the pipeline" in fails(capsys, folder, "--out", folder / "scores")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    (tmp_path / "options.json").write_text('{"seed": 0}')
    assert "is not empty" in fails(capsys, folder, "--out", tmp_path)


def test_a_run_says_where_it_wrote_what(folder, whole, capsys):
    assert main(["score", str(folder), *SMALL, "--out", str(whole)]) == 0
    files = f"{whole}/scores.parquet, {whole}/images/, {whole}/gallery.html"
    assert capsys.readouterr().out == f"10 pictures: {files}\n"


@pytest.mark.parametrize("name", ["thesis.tex", "thesis.tex/scores"])
def test_an_out_that_can_be_no_folder_is_named(folder, tmp_path, capsys, name):
    (tmp_path / "thesis.tex").touch()
    told = fails(capsys, folder, *SMALL, "--out", tmp_path / name)
    assert told.startswith(f"mirage: --out {tmp_path / name} cannot be made: ")


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "nonsense", "meta", ""])
def test_a_device_that_is_not_there_is_told_before_anything_loads(
    folder, tmp_path, capsys, monkeypatch, device
):
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda **more: None)
    monkeypatch.setattr("mirage.hooks.scoring.load", None)
    told = fails(capsys, folder, "--device", device, "--out", tmp_path / "out")
    assert told == f"mirage: --device: found {device!r}; allowed on this machine: cpu"
    assert not (tmp_path / "out").exists()


def test_devices_that_are_there_are_allowed(folder, capsys, monkeypatch):
    gpu = torch.device("cuda")
    monkeypatch.setattr("torch.accelerator.current_accelerator", lambda **more: gpu)
    monkeypatch.setattr("torch.accelerator.device_count", lambda: 2)
    assert "allowed on this machine: cpu, cuda, cuda:0, cuda:1" in fails(
        capsys, folder, "--device", "cuda:2"
    )


def test_what_is_no_pipeline_is_told_in_one_line(folder, tmp_path, capsys):
    out = ["--out", tmp_path / "out"]
    missing = fails(capsys, tmp_path / "missing", *out)
    assert missing == f"mirage: {tmp_path / 'missing'}: no such folder (--online allows a name " \
        "on the hub)"  # fmt: skip
    (tmp_path / "file").touch()
    assert fails(capsys, tmp_path / "file", *out) == f"mirage: {tmp_path / 'file'}: no folder"
    (tmp_path / "empty").mkdir()
    assert "is no pipeline of diffusers" in fails(capsys, tmp_path / "empty", *out)
    shutil.copytree(folder, tmp_path / "broken")
    (tmp_path / "broken/unet/diffusion_pytorch_model.safetensors").write_bytes(b"nothing")
    assert "broken cannot be loaded: " in fails(capsys, tmp_path / "broken", *out)
    (tmp_path / "broken/model_index.json").write_text("{")
    assert "broken cannot be loaded: " in fails(capsys, tmp_path / "broken", *out)
    assert not (tmp_path / "out").exists()


def test_a_name_on_the_hub_is_not_looked_up_unless_asked(tmp_path, capsys, monkeypatch):
    def called(name):
        raise OSError(f"{name} was looked up")

    monkeypatch.setattr(diffusers.DiffusionPipeline, "download", called)
    assert "no such folder" in fails(capsys, "somebody/model", "--out", tmp_path)
    assert "was looked up" in fails(capsys, "somebody/model", "--online", "--out", tmp_path)


def test_a_scheduler_that_cannot_be_watched_is_told_before_anything_is_drawn(tmp_path, capsys):
    diffusers.DDPMPipeline(unet(), diffusers.DDIMInverseScheduler()).save_pretrained(
        tmp_path / "pipeline"
    )
    told = fails(capsys, tmp_path / "pipeline", "--out", tmp_path / "out")
    assert "DDIMInverseScheduler cannot be watched: it walks from data to noise" in told
    assert not (tmp_path / "out").exists()


def test_a_pipeline_that_needs_more_than_noise_is_told(tmp_path, capsys):
    transformer = diffusers.DiTTransformer2DModel(
        num_attention_heads=1, attention_head_dim=8, in_channels=4, num_layers=1, sample_size=8,
        norm_num_groups=1, num_embeds_ada_norm=10, norm_type="ada_norm_zero",
    )  # fmt: skip
    vae = diffusers.AutoencoderKL(block_out_channels=(8,), norm_num_groups=4)
    pipeline = diffusers.DiTPipeline(transformer, vae, diffusers.DDIMScheduler())
    pipeline.save_pretrained(tmp_path / "pipeline")
    told = fails(capsys, tmp_path / "pipeline", "--out", tmp_path / "out")
    assert "DiTPipeline does not draw pictures from noise alone" in told


def test_a_walk_shorter_than_the_window_is_told(folder, tmp_path, capsys):
    told = fails(capsys, folder, "--steps", "5", "--samples", "4", "--out", tmp_path / "out")
    assert "the window [0, 9] needs 10 steps; this walk has 5" in told
    told = fails(capsys, folder, "--window", "0", "5000", "--out", tmp_path / "out")
    assert "the window [0, 5000] needs 5001 steps; this walk has 1000" in told
    assert not (tmp_path / "out").exists()


def test_what_failed_before_its_first_batch_may_begin_anew(folder, whole, tmp_path):
    out = tmp_path / "out"
    (out / "images").mkdir(parents=True)
    options = json.loads((whole / "options.json").read_text())
    (out / "options.json").write_text(json.dumps(options | {"samples": 12}))
    (out / "images/000011.png").touch()
    assert main(["score", str(folder), *SMALL, "--out", str(out)]) == 0
    assert len(list((out / "images").iterdir())) == 10


def test_a_model_of_few_steps_takes_them_all_unasked(tmp_path):
    folder = save_unconditional(tmp_path / "pipeline", num_train_timesteps=12, clip_sample=False)
    whole = ["score", str(folder), "--samples", "2", "--out"]
    assert main([*whole, str(tmp_path / "unasked")]) == 0
    assert main([*whole, str(tmp_path / "asked"), "--steps", "12"]) == 0
    same(tmp_path / "unasked", tmp_path / "asked")


def test_a_damaged_batch_is_told(folder, whole, tmp_path, capsys):
    out = tmp_path / "scores"
    shutil.copytree(whole, out)
    (out / "batches/000001.parquet").write_bytes(b"PAR1 nothing")
    told = fails(capsys, folder, *SMALL, "--out", out)
    assert "batches/000001.parquet is damaged; delete it and start again" in told
    (out / "options.json").write_text("{")
    assert "options.json is damaged" in fails(capsys, folder, *SMALL, "--out", out)


def test_a_disk_that_fills_ends_the_run_with_one_line_and_no_half_file(folder, tmp_path):
    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))  # pictures fit, tables do not

    out = tmp_path / "out"
    run = process("score", folder, *SMALL, "--out", out, preexec_fn=fill)
    told = [line for line in re.split("[\r\n]", run.communicate()[1]) if line]
    assert run.returncode == 1
    assert told[-1].startswith("mirage: ")
    assert "File too large" in told[-1]
    assert not any("Traceback" in line for line in told)
    assert not [path for path in out.rglob("*") if "parquet" in path.name]


def test_ctrl_c_says_how_to_go_on(folder, tmp_path, capsys, monkeypatch):
    def stopped(*arguments, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("mirage.hooks.scoring.score", stopped)
    assert main(["score", str(folder)]) == 130
    assert capsys.readouterr().err == "mirage: stopped; the same command goes on from here\n"


@pytest.mark.parametrize("option", [["--samples", "0"], ["--batch", "-1"], ["--steps", "1.5"]])
def test_numbers_that_make_no_sense_are_refused(option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["score", "folder", *option])
    assert ended.value.code == 2
    assert f"{option[1]!r} is no number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("lines", [1, 100_000])
def test_a_reader_that_stops_reading_ends_the_command_quietly(lines, tmp_path):
    (tmp_path / "mirage_workflow").mkdir()
    (tmp_path / "mirage_workflow/__init__.py").touch()
    (tmp_path / "mirage_workflow/explain.py").write_text(
        f"def explain(file, name):\n    return ['a line'] * {lines}\n"
    )
    read, write = os.pipe()
    os.close(read)
    run = process("explain", "figure.png", stdout=write, cwd=tmp_path, path=tmp_path)
    assert run.communicate()[1] == ""
    assert run.returncode == 141
