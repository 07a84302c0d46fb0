"""The page that Prometheus scrapes: `chaos run --prometheus HOST:PORT`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from chaos.clock import now_ns, seconds_between
from chaos.experiment.model import Experiment
from chaos.exports.live_run import LiveRun
from chaos.exports.place import Place
from chaos.exports.protocol import ExportRefused
from chaos.ledger.events import Event
from chaos.report.watcher import Progress
from chaos.run_directory import RunDirectory
from chaos.verdict.results import ExitCode, Results, Verdict

_LABELS: Final = ("experiment", "system")
_LINGERS_AT_MOST_S: Final = 60.0
_POLL_S: Final = 0.1
_VISIT_AT_MOST_S: Final = 10.0


class PrometheusPage:
    """Serves the metrics of the run under way, from a thread of its own, until it is closed.

    Args:
        place: Where to listen; port 0: any that is free.

    Raises:
        ExportRefused: It can't listen there.
    """

    def __init__(self, place: Place) -> None:
        self._figures = _Figures()
        registry = CollectorRegistry()
        registry.register(self._figures)
        try:
            self._server = make_server(
                place.host,
                place.port,
                make_wsgi_app(registry),
                _ServerV6 if ":" in place.host else _Server,
                _QuietHandler,
            )
        except OSError as error:
            raise ExportRefused(
                f"{place} can't be listened on ({error.strerror}): name another with --prometheus HOST:PORT"
            ) from error
        self.url = f"http://{Place(place.host, self._server.server_port)}/metrics"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="prometheus", daemon=True
        )
        self._thread.start()

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """The page is this run's from now on; its counters begin at 0."""
        self._figures.show(LiveRun.of(directory, experiment))

    def event(self, event: Event) -> None:
        """A phase or a fault shows."""
        self._figures.run.take(event)

    def progress(self, progress: Progress) -> None:
        """The load's counts show."""
        self._figures.run.progress = progress

    def end(self) -> None:
        """The page stays, for the verdict."""

    def judged(self, results: Results) -> None:
        """The verdict and the measurements show."""
        self._figures.run.results = results

    def close(self) -> None:
        """Wait for the scraper's next visit, if one has come regularly, so that it learns the verdict; then stop."""
        self._figures.seen_to_the_end.wait(self._figures.patience_s())
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Figures(Collector):
    """The metrics, made anew at each visit."""

    def __init__(self) -> None:
        self._run: LiveRun | None = None
        self._visits_ns: list[int] = []
        self.seen_to_the_end = threading.Event()

    @property
    def run(self) -> LiveRun:
        """The run under way."""
        assert self._run is not None, "no run has begun"
        return self._run

    def show(self, run: LiveRun) -> None:
        """Tell of this run from now on."""
        self._run = run
        self.seen_to_the_end.clear()

    def patience_s(self) -> float:
        """How long the next visit is worth waiting for: twice the scraper's own interval; 0 if there is no scraper."""
        results = self._run.results if self._run else None
        if results is None or results.exit_code is ExitCode.INTERRUPTED or len(self._visits_ns) < 2:
            return 0.0
        return min(_LINGERS_AT_MOST_S, 2 * seconds_between(*self._visits_ns))

    def describe(self) -> Iterator[Metric]:
        """Nothing before a run has begun."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Every metric of the run under way."""
        self._visits_ns = [*self._visits_ns[-1:], now_ns()]
        run = self._run
        if run is None:
            return
        results = run.results
        yield from _of_run(run)
        yield from _of_load(run)
        yield from _of_faults(run)
        if results is not None:
            yield from _of_results(run, results)
            self.seen_to_the_end.set()


def _of_run(run: LiveRun) -> Iterator[Metric]:
    yield InfoMetricFamily(
        "chaos_run",
        "The run that is under way, or was last.",
        value={"run": run.run, "experiment": run.title, "system": run.system, "seed": str(run.seed)},
    )
    phase = GaugeMetricFamily(
        "chaos_phase", "1 for the phase that the run is in.", labels=(*_LABELS, "phase")
    )
    phase.add_metric([run.title, run.system, run.phase], 1)
    yield phase


def _of_load(run: LiveRun) -> Iterator[Metric]:
    if (progress := run.progress) is None:
        return
    counters = {
        "chaos_jobs_acknowledged": ("Distinct jobs whose enqueue was acknowledged.", progress.acknowledged),
        "chaos_jobs_settled": (
            "Distinct jobs that a worker was told are in a final state.",
            progress.settled,
        ),
        "chaos_execution_failures": ("Failed executions that were acknowledged.", progress.failures),
    }
    gauges = {
        "chaos_jobs_planned": ("Jobs that the load will enqueue in all.", progress.jobs),
        "chaos_executions_running": ("Executions under way.", progress.executing),
        "chaos_completions_per_second": (
            "Successes acknowledged in the last second.",
            progress.completions_per_s,
        ),
    }
    for name, (text, count) in counters.items():
        counter = CounterMetricFamily(name, text, labels=_LABELS)
        counter.add_metric([run.title, run.system], count)
        yield counter
    for name, (text, value) in gauges.items():
        gauge = GaugeMetricFamily(name, text, labels=_LABELS)
        gauge.add_metric([run.title, run.system], value)
        yield gauge


def _of_faults(run: LiveRun) -> Iterator[Metric]:
    labels = (*_LABELS, "fault", "kind")
    active = GaugeMetricFamily(
        "chaos_fault_active", "1 from a fault's request until it is undone.", labels=labels
    )
    confirmed = GaugeMetricFamily(
        "chaos_fault_confirmed", "1 once a fault was seen to have bitten.", labels=labels
    )
    for name, window in run.faults.items():
        active.add_metric([run.title, run.system, name, window.kind], window.active)
        confirmed.add_metric([run.title, run.system, name, window.kind], window.confirmed)
    yield active
    yield confirmed


def _of_results(run: LiveRun, results: Results) -> Iterator[Metric]:
    verdict = GaugeMetricFamily("chaos_verdict", "1 for what the run says.", labels=(*_LABELS, "verdict"))
    for each in Verdict:
        verdict.add_metric([run.title, run.system, each], results.verdict is each)
    yield verdict
    jobs = GaugeMetricFamily("chaos_check_jobs", "Jobs that a check counts.", labels=(*_LABELS, "check"))
    for check in results.checks:
        jobs.add_metric([run.title, run.system, check.name], check.count)
    yield jobs


class _Server(ThreadingMixIn, WSGIServer):
    """Answers slow visitors beside each other; closing it waits until each has its answer."""

    daemon_threads = False


class _ServerV6(_Server):
    address_family = socket.AF_INET6


class _QuietHandler(WSGIRequestHandler):
    """Writes no log, and gives up on a visitor that neither asks nor reads, or does so byte by byte."""

    timeout = 5.0

    def setup(self) -> None:
        """The visit begins, and its time runs."""
        super().setup()
        self._limit = threading.Timer(_VISIT_AT_MOST_S, self._cut_off)
        self._limit.daemon = True
        self._limit.start()

    def finish(self) -> None:
        """The visit is over."""
        self._limit.cancel()
        super().finish()

    def _cut_off(self) -> None:
        with suppress(OSError):  # the visitor has just left
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the console is the run's."""
