"""`python -m model_export simulate | features | train | adopt | register | fetch`."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fraud_core.artifact import DEFAULT_LABEL_DELAY_S, MODEL_FILE, Thresholds, load_artifact
from fraud_core.command import run_command, say, show
from fraud_core.errors import ConfigError
from fraud_core.tracking_server import prepare_client, tracking_uri
from fraud_core.transaction import ANY_DATE, SECONDS_PER_DAY, format_time
from fraud_core.transaction_files import transaction_files
from model_export.clean_rows import read_clean_rows
from model_export.course_format import write_files
from model_export.dirt import choose_dirt
from model_export.feature_file import (
    features_by_manifest,
    features_of,
    read_for_features,
    write_features,
)
from model_export.periods import Lengths, choose_periods
from model_export.registry_reference import MODEL_NAME, parse_reference
from model_export.simulate import SimulationPlan, simulate

if TYPE_CHECKING:
    from model_export.training import Trained

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

DAY_FORMAT = "%Y-%m-%d"
DEFAULT_THRESHOLDS = Thresholds()
DEFAULT_LABEL_DELAY_DAYS = DEFAULT_LABEL_DELAY_S / SECONDS_PER_DAY
SHORTEST_LABEL_DELAY_DAYS = 1 / 24

Transactions = Annotated[
    list[str],
    typer.Option(
        help="A file in the course's format or a folder of them, or s3://bucket/prefix; may be "
        "given again."
    ),
]
Share = Annotated[
    float, typer.Option(help="Share of the customers that are kept, by a hash of their id.")
]
Days = Annotated[int, typer.Option(min=1)]
LabelDelay = Annotated[
    float,
    typer.Option(
        min=SHORTEST_LABEL_DELAY_DAYS,
        help="From a transaction to its outcome; 0.25 for six hours.",
    ),
]


@app.callback()
def main() -> None:
    """Simulate transactions, compute offline features, train, export and register the model."""


@app.command("simulate")
def simulate_command(
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same files.")] = 0,
    days: Annotated[int, typer.Option(min=1, help="Length of the period.")] = 183,
    customers: Annotated[int, typer.Option(min=1)] = 5_000,
    terminals: Annotated[int, typer.Option(min=1)] = 10_000,
    start: Annotated[datetime, typer.Option(formats=[DAY_FORMAT], help="First day.")] = datetime(  # noqa: DTZ001  # a day
        2018, 4, 1
    ),
    dirt: Annotated[bool, typer.Option(help="Put in every kind of dirt that is known.")] = False,
    dirt_share: Annotated[
        float, typer.Option(min=0, max=0.05, help="Share of rows for each kind; at least six rows.")
    ] = 0.00002,
) -> None:
    """Write simulated transactions in the course's own format, 30 days a file.

    Example: python -m model_export simulate --out data --seed 1 --dirt
    """
    plan = SimulationPlan(seed, days, customers, terminals, start.date())
    rows = simulate(plan)
    spoiler = choose_dirt(len(rows), dirt_share if dirt else 0, seed)
    paths = write_files(rows, plan, out, spoiler)
    scenarios = Counter(rows.scenario.tolist())
    show(f"{len(rows)} transactions of {days} days in {len(paths)} files in {out}")
    show(
        f"{int(rows.fraud.sum())} frauds ({rows.fraud.mean() if len(rows) else 0:.2%}): "
        + ", ".join(f"scenario {number}: {scenarios[number]}" for number in (1, 2, 3))
    )
    if spoiler.counts:
        show("dirt: " + _counted(spoiler.counts))


@app.command("features")
def features_command(
    transactions: Transactions,
    out: Annotated[Path, typer.Option(help="Parquet file: seq, tx_id and the 15 features.")],
    artifact: Annotated[
        Path | None,
        typer.Option(help="Compute them as scorers with this artifact do; its settings hold."),
    ] = None,
    customers_share: Share = 1.0,
    label_delay_days: LabelDelay = DEFAULT_LABEL_DELAY_DAYS,
) -> None:
    """Write the offline features of every clean row.

    Example: python -m model_export features --transactions data --artifact model --out f.parquet
    """
    files = transaction_files(transactions)
    manifest = load_artifact(artifact).manifest if artifact else None
    reading = read_for_features(files, manifest, customers_share)
    dirty = reading.dirty
    if manifest is None:
        parts = features_of(reading, round(label_delay_days * SECONDS_PER_DAY))
    else:
        parts, out_of_range = features_by_manifest(reading, manifest)
        dirty = dirty + out_of_range
    _say_left_out(dirty, reading.blank_lines)
    show(f"features of {write_features(out, parts)} transactions in {out}")


@app.command("train")
def train_command(
    transactions: Transactions,
    out: Annotated[Path, typer.Option(help="Folder for the artifact.")],
    customers_share: Share = 1.0,
    history_end: Annotated[
        datetime | None,
        typer.Option(
            formats=[DAY_FORMAT], help="Last day before the stream; default: 70 % of the days."
        ),
    ] = None,
    train_days: Days = 28,
    test_days: Days = 7,
    label_delay_days: LabelDelay = DEFAULT_LABEL_DELAY_DAYS,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    register: Annotated[
        bool, typer.Option("--register", help="Register it on the server of MLFLOW_TRACKING_URI.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Make it champion, better or not.")
    ] = False,
) -> None:
    """Train the model, judge it by the handbook's protocol, and write the artifact folder.

    With --register it becomes a version of the registered model `fraud`, and its champion where it
    is better than the present one on the same test window.

    Example: python -m model_export train --transactions data --out model --register
    """
    if force and not register:
        raise ConfigError("--force moves the champion's alias: give --register with it")
    if register:
        prepare_client(tracking_uri(os.environ), time.sleep)
    files = transaction_files(transactions)
    lengths = Lengths(train_days, test_days, label_delay_days)
    reading = read_clean_rows(files, dates=ANY_DATE, customers_share=customers_share)
    _say_left_out(reading.dirty, reading.blank_lines)
    end = history_end.date() if history_end else None
    periods = choose_periods(reading.first_day_s, reading.days, end, lengths)
    say(
        f"training on {format_time(periods.train_first_s)} to {format_time(periods.train_last_s)}, "
        f"the stream begins after {format_time(periods.history_end_s)}"
    )
    # XGBoost and scikit-learn take 4 s to import: no other command and no error waits for them
    from model_export import training
    from model_export.artifact_folder import write_artifact

    names = tuple(file.name for file in files)
    settings = training.TrainingSettings(lengths, seed, customers_share, names)
    trained = training.train(reading.rows, periods, settings)
    manifest = write_artifact(out, reading, trained, periods, settings)
    _show_quality(trained, manifest.metrics["onnx_largest_difference"])
    show(f"artifact written to {out}")
    if register:
        _register(out, trained, force=force)


@app.command("adopt")
def adopt_command(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="ONNX file over the features.")],
    artifact: Annotated[Path, typer.Option(help="Artifact whose history the stream goes on with.")],
    out: Annotated[Path, typer.Option(help="Folder for the artifact with that model.")],
    review: Annotated[
        float, typer.Option(help="Probability from which a person looks.")
    ] = DEFAULT_THRESHOLDS.review,
    block: Annotated[
        float, typer.Option(help="Probability from which the card is blocked.")
    ] = DEFAULT_THRESHOLDS.block,
) -> None:
    """Write an artifact with a model of your own, which must take the 15 features.

    Its input is `features`, float32 (n, 15), its output `probabilities`, float32 (n, 2).

    Example: python -m model_export adopt mine.onnx --artifact .demo/artifact --out mine
    """
    if not 0 < review <= block < 1:
        raise ConfigError(
            f"--review {review:g} --block {block:g}: give both above 0 and below 1, and --review "
            "not above --block"
        )
    from model_export.own_model import adopt

    thresholds = Thresholds(review=review, block=block)
    manifest = adopt(model, load_artifact(artifact), out, thresholds)
    show(f"model {manifest.files[MODEL_FILE][:8]} beside the history of {artifact} in {out}")


@app.command("register")
def register_command(
    artifact: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of an artifact.")],
    force: Annotated[
        bool, typer.Option("--force", help="Make it champion, though there is another one.")
    ] = False,
) -> None:
    """Register an artifact that is there on the server of MLFLOW_TRACKING_URI.

    It becomes champion where there is none; with a champion it stays a version, because what it
    would be compared on is known to `train --register` only.

    Example: python -m model_export register model
    """
    load_artifact(artifact)
    prepare_client(tracking_uri(os.environ), time.sleep)
    _register(artifact, None, force=force)


def _register(folder: Path, trained: Trained | None, *, force: bool) -> None:
    from model_export.registering import register_and_decide
    from model_export.registry import EXPERIMENT, Registry

    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
    registry = Registry(tracking_uri(os.environ), experiment)
    outcome = register_and_decide(registry, load_artifact(folder), trained, force=force)
    found = "registered as" if outcome.is_new else "was there already as"
    show(f"{found} version {outcome.version} of {MODEL_NAME}: {outcome.page}")
    becomes = "champion" if outcome.decision.moves else "the alias champion stays where it is"
    show(f"{becomes}: {outcome.decision.reason}")


@app.command("fetch")
def fetch_command(
    model: Annotated[str, typer.Argument(help="models:/fraud@champion, or models:/fraud/3.")],
    out: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the artifact.")],
) -> None:
    """Bring a registered artifact from the server of MLFLOW_TRACKING_URI, and check every file.

    Example: python -m model_export fetch models:/fraud@champion model
    """
    reference = parse_reference(model)
    uri = tracking_uri(os.environ)
    prepare_client(uri, time.sleep)
    from model_export.registry import Registry  # it costs 3 s

    fetched = Registry(uri).fetch(reference, out)
    model_sha256 = fetched.artifact.model_sha256
    show(f"{reference}: version {fetched.version}, model {model_sha256[:8]} in {out}")


def _say_left_out(dirty: Counter[str], blank_lines: int) -> None:
    say(f"left out {dirty.total()} dirty rows" + (f" ({_counted(dirty)})" if dirty else ""))
    if blank_lines:
        say(f"passed over {blank_lines} blank lines")


def _show_quality(trained: Trained, difference: float) -> None:
    show(f"trained on {trained.train_rows} transactions, {trained.train_frauds} frauds")
    metrics = trained.metrics
    if metrics is None:
        show("no fraud in the test window, so there is nothing to judge the model by")
    else:
        show(f"tested on {metrics.transactions} transactions, {metrics.frauds} frauds")
        show(f"AUC ROC             {metrics.auc_roc:.4f}")
        show(f"average precision   {metrics.average_precision:.4f}")
        show(
            f"card precision@100  {metrics.card_precision_100:.4f} "
            f"(the most possible: {metrics.oracle_card_precision_100:.4f})"
        )
    show(f"ONNX scores differ from XGBoost's by at most {difference:.1e}")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name}: {counts[name]}" for name in sorted(counts))


if __name__ == "__main__":
    run_command(app)
