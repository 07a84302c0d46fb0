"""Spans and metrics to an OpenTelemetry collector, by OTLP over HTTP: `chaos run --otlp URL`.

A run is the root span; each fault is a span below it, from requested to reverted, with an event where it was seen to
have bitten.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, Status, StatusCode, set_span_in_context

from chaos import __version__
from chaos.clock import now_ns
from chaos.deadline import do_within
from chaos.experiment.model import Experiment
from chaos.exports.live_run import LiveRun
from chaos.exports.place import Place
from chaos.exports.protocol import ExportRefused
from chaos.ledger.events import (
    ComponentDown,
    Event,
    FaultConfirmed,
    FaultFailed,
    FaultRequested,
    FaultReverted,
    Noted,
    PhaseEntered,
)
from chaos.report.evidence import evidence_in_words
from chaos.report.watcher import Progress
from chaos.run_directory import RunDirectory
from chaos.verdict.results import Results, Verdict

_METRICS_EVERY_S: Final = 5.0
_SEND_WITHIN_S: Final = 5.0
_ANSWERS_WITHIN_S: Final = 2.0
_LEFT_WITHIN_S: Final = 12.0
"""How long the end of the command waits: for one last request with metrics, one with spans, and a little more."""


class OtlpExport:
    """Sends spans as they end, and metrics every few seconds, from threads of its own.

    Args:
        url: The collector's base URL; headers come from OTEL_EXPORTER_OTLP_HEADERS, as everywhere.
        place: The host and port in it.

    Raises:
        ExportRefused: Nothing listens there.
    """

    def __init__(self, url: str, place: Place) -> None:
        try:
            socket.create_connection((place.host, place.port), _ANSWERS_WITHIN_S).close()
        except OSError as error:
            raise ExportRefused(
                f"nothing listens at {place} ({error}): start the OpenTelemetry collector, or leave --otlp out"
            ) from error
        self._troubles = _Troubles()
        base = url.rstrip("/")
        session = requests.Session()
        session.trust_env = not place.is_loopback  # no proxy stands between two processes of one machine
        about = Resource.create({SERVICE_NAME: "chaos", SERVICE_VERSION: __version__})
        self._spans = TracerProvider(resource=about, shutdown_on_exit=False)
        self._spans.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(f"{base}/v1/traces", timeout=_SEND_WITHIN_S, session=session),
                schedule_delay_millis=1000,
            )
        )
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(f"{base}/v1/metrics", timeout=_SEND_WITHIN_S, session=session),
            export_interval_millis=_METRICS_EVERY_S * 1e3,
            export_timeout_millis=_SEND_WITHIN_S * 1e3,
        )
        self._meters = MeterProvider([reader], resource=about, shutdown_on_exit=False)
        self._tracer = self._spans.get_tracer("chaos")
        self._run: LiveRun | None = None
        self._root: Span | None = None
        self._faults: dict[str, Span] = {}
        self._wall_offset_ns = 0
        self._declare()

    def begin(self, directory: RunDirectory, experiment: Experiment) -> None:
        """The run's span begins."""
        self._leave()
        self._run = LiveRun.of(directory, experiment)
        self._wall_offset_ns = time.time_ns() - now_ns()
        self._root = self._tracer.start_span(
            f"run {directory.name}",
            attributes={
                **self._labels(),
                "chaos.seed": str(experiment.seed),
                "chaos.jobs": experiment.load.jobs,
            },
        )

    def event(self, event: Event) -> None:
        """A fault's span begins or ends; what else happens is an event of the run's span."""
        assert self._run is not None
        assert self._root is not None
        self._run.take(event)
        at_ns = event.time_ns + self._wall_offset_ns
        match event:
            case FaultRequested():
                self._faults[event.fault] = self._tracer.start_span(
                    f"fault {event.fault}",
                    context=set_span_in_context(self._root),
                    start_time=at_ns,
                    attributes={"chaos.fault.kind": event.kind, "chaos.fault.targets": event.targets},
                )
            case FaultConfirmed():
                self._faults[event.fault].add_event("confirmed", _evidence(event.evidence), at_ns)
            case FaultFailed():
                self._fail(event, at_ns)
            case FaultReverted():
                span = self._faults.pop(event.fault)
                span.add_event("reverted", _evidence(event.evidence), at_ns)
                span.end(at_ns)
            case PhaseEntered():
                self._root.add_event(f"phase {event.phase}", timestamp=at_ns)
            case Noted():
                self._root.add_event(f"note {event.what}", {"chaos.text": event.text}, at_ns)
            case ComponentDown(expected=False):
                self._root.add_event(
                    f"{event.component} ended by itself", {"chaos.status": event.status}, at_ns
                )

    def progress(self, progress: Progress) -> None:
        """The counts of the next metrics."""
        assert self._run is not None
        self._run.progress = progress

    def end(self) -> None:
        """The run's span stays open, for the verdict."""

    def judged(self, results: Results) -> None:
        """The run's span ends with the verdict."""
        assert self._run is not None
        assert self._root is not None
        self._run.results = results
        self._root.set_attribute("chaos.verdict", results.verdict.value)
        self._root.set_attribute("chaos.exit_code", int(results.exit_code))
        self._root.set_attribute("chaos.reasons", [reason.text for reason in results.reasons])
        if results.verdict is Verdict.PASSED:
            self._root.set_status(Status(StatusCode.OK))
        else:
            self._root.set_status(Status(StatusCode.ERROR, results.verdict.value))
        self._end_spans()

    def close(self) -> None:
        """Send what is left; what could not be sent is named.

        Raises:
            OSError: Something never reached the collector.
        """
        self._leave()
        try:
            do_within(_LEFT_WITHIN_S, self._send_what_is_left)
        except TimeoutError:
            left = f"the OpenTelemetry collector did not take what was left in {_LEFT_WITHIN_S:g} s"
            raise OSError(left) from None
        self._troubles.tell()

    def _send_what_is_left(self) -> None:
        # In this order: the verdict is among the last metrics.
        self._meters.shutdown(_SEND_WITHIN_S * 1e3)
        self._spans.shutdown()

    def _leave(self) -> None:
        """End the spans of a run of which there is no verdict."""
        if self._root is not None:
            self._root.set_status(Status(StatusCode.ERROR, "there is no verdict"))
            self._end_spans()

    def _end_spans(self) -> None:
        assert self._root is not None
        for span in self._faults.values():
            span.set_status(Status(StatusCode.ERROR, "not seen to be undone"))
            span.end()
        self._faults = {}
        self._root.end()
        self._root = None

    def _fail(self, event: FaultFailed, at_ns: int) -> None:
        span = self._faults.get(event.fault)
        if span is not None:
            span.add_event(f"{event.stage} failed", {"chaos.reason": event.reason}, at_ns)
            span.set_status(Status(StatusCode.ERROR, event.reason))

    def _labels(self) -> dict[str, str]:
        assert self._run is not None
        return {
            "chaos.run": self._run.run,
            "chaos.experiment": self._run.title,
            "chaos.system": self._run.system,
        }

    def _declare(self) -> None:
        """The instruments, each asked when metrics are sent."""
        meter = self._meters.get_meter("chaos")
        counters: Mapping[str, Callable[[Progress], float]] = {
            "chaos.jobs.acknowledged": lambda progress: progress.acknowledged,
            "chaos.jobs.settled": lambda progress: progress.settled,
            "chaos.executions.failed": lambda progress: progress.failures,
        }
        gauges: Mapping[str, Callable[[Progress], float]] = {
            "chaos.jobs.planned": lambda progress: progress.jobs,
            "chaos.executions.running": lambda progress: progress.executing,
            "chaos.completions_per_second": lambda progress: progress.completions_per_s,
        }
        for name, of in counters.items():
            meter.create_observable_counter(name, [self._asked(of)])
        for name, of in gauges.items():
            meter.create_observable_gauge(name, [self._asked(of)])
        meter.create_observable_gauge("chaos.fault.active", [self._active])
        meter.create_observable_gauge("chaos.verdict", [self._verdict])

    def _asked(self, of: Callable[[Progress], float]) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            run = self._run
            if run is not None and run.progress is not None:
                yield Observation(of(run.progress), self._labels())

        return observe

    def _active(self, _options: CallbackOptions) -> Iterable[Observation]:
        for name, window in self._run.faults.items() if self._run else ():
            labels = {**self._labels(), "chaos.fault": name, "chaos.fault.kind": window.kind}
            yield Observation(int(window.active), labels)

    def _verdict(self, _options: CallbackOptions) -> Iterable[Observation]:
        results = self._run.results if self._run else None
        for verdict in Verdict if results else ():
            assert results is not None
            yield Observation(
                int(results.verdict is verdict), {**self._labels(), "chaos.verdict": verdict.value}
            )


def _evidence(evidence: Mapping[str, Any]) -> dict[str, str]:
    return {"chaos.evidence": evidence_in_words(evidence)} if evidence else {}


class _Troubles(logging.Handler):
    """Keeps what the OpenTelemetry libraries complain of away from the console, until the end."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._first = ""
        self._number = 0
        logger = logging.getLogger("opentelemetry")
        logger.addHandler(self)
        logger.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first error, and how many there were."""
        self._first = self._first or record.getMessage()
        self._number += 1

    def tell(self) -> None:
        """Say what went wrong.

        Raises:
            OSError: Something did.
        """
        if self._number:
            raise OSError(
                f"not everything reached the OpenTelemetry collector ({self._number} errors): {self._first}"
            )
