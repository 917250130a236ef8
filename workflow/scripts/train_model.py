"""Train the diffusion model of one generation, from its checkpoint if it has one."""

from pathlib import Path

import pandas as pd

from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True, help="real samples, or those a filter kept")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--loss", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--checkpoint-every", type=int, required=True, help="updates between two")
    args = parser.parse_args()
    experiment = job.sections(args.config)
    device = job.device(args.gpus)
    data = tables.read_points(args.data, shape=experiment.dataset.shape)
    trainer = build.trainer(
        experiment, data, args.seed, args.generation, device, checkpoint_every=args.checkpoint_every
    )
    checkpoint = Path(args.checkpoint)
    trainer.run(checkpoint, job.fingerprint(args, args.data))
    loss = pd.DataFrame({"update": range(len(trainer.losses)), "loss": trainer.losses.cpu()})
    loss["learning_rate"] = loss["update"].map(trainer.learning_rate)
    provenance = job.provenance(args, device, engine=trainer.loss.name)
    tables.write(args.loss, loss, tables.LOSS, provenance)
    build.save_weights(trainer.weights(), Path(args.weights), provenance)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    job.run(main)
