"""The metrics there are, by name: the built-in ones, and those that others register in `chaos.metrics`."""

from __future__ import annotations

from typing import Any

from chaos.metrics.protocol import Metric
from chaos.registry import Registry


def _accept(part: Any) -> type[Metric]:
    if isinstance(part, type) and issubclass(part, Metric):
        return part
    raise TypeError(f"{part!r} is no subclass of Metric")


METRICS: Registry[type[Metric]] = Registry(
    kind="metric",
    group="chaos.metrics",
    builtins={
        "throughput": "chaos.metrics.throughput:Throughput",
        "throughput-1-worker": "chaos.metrics.throughput:WithOneWorker",
        "throughput-10-workers": "chaos.metrics.throughput:WithTenWorkers",
        "latency": "chaos.metrics.latency:Latency",
        "success-rate": "chaos.metrics.success_rate:SuccessRate",
        "duplicates": "chaos.metrics.duplicates:Duplicates",
        "worker-share": "chaos.metrics.worker_share:WorkerShare",
        "attempts": "chaos.metrics.attempts:Attempts",
        "amplification": "chaos.metrics.amplification:Amplification",
        "dead-after-last-attempt": "chaos.metrics.dead_after_last_attempt:DeadAfterLastAttempt",
        "early-retries": "chaos.metrics.early_retries:EarlyRetries",
        "retry-delay": "chaos.metrics.retry_delay:RetryDelay",
        "redelivery-time": "chaos.metrics.redelivery_time:RedeliveryTime",
        "enqueue-rate": "chaos.metrics.enqueue_rate:EnqueueRate",
        "enqueue-latency": "chaos.metrics.enqueue_latency:EnqueueLatency",
        "queue-peak": "chaos.metrics.queue_peak:QueuePeak",
        "drained-in": "chaos.metrics.drained_in:DrainedIn",
        "ready-in": "chaos.metrics.ready_in:ReadyIn",
        "completing-in": "chaos.metrics.completing_in:CompletingIn",
        "rejoin-time": "chaos.metrics.rejoin_time:RejoinTime",
        "throughput-kept": "chaos.metrics.throughput_kept:ThroughputKept",
        "added-latency": "chaos.metrics.added_latency:AddedLatency",
        "quick-latency": "chaos.metrics.quick_latency:QuickLatency",
        "quick-latency-median": "chaos.metrics.quick_latency:MedianQuickLatency",
        "slowdown": "chaos.metrics.slowdown:Slowdown",
        "told-at-once": "chaos.metrics.told_at_once:ToldAtOnce",
        "burst-drained-in": "chaos.metrics.burst_drained_in:BurstDrainedIn",
        "step-overhead": "chaos.metrics.step_overhead:StepOverhead",
        "steps-out-of-order": "chaos.metrics.steps_out_of_order:StepsOutOfOrder",
        "memory-growth": "chaos.metrics.memory_growth:MemoryGrowth",
        "memory-peak": "chaos.metrics.memory_peak:MemoryPeak",
        "data-size": "chaos.metrics.data_size:DataSize",
        "lookup-rate": "chaos.metrics.lookup_rate:LookupRate",
        "fire-delay": "chaos.metrics.fire_delay:FireDelay",
        "schedule-call-rate": "chaos.metrics.schedule_call_rate:ScheduleCallRate",
        "schedule-list-latency": "chaos.metrics.schedule_list_latency:ScheduleListLatency",
    },
    accept=_accept,
)


def metric_named(name: str) -> type[Metric]:
    """The metric of this name.

    Raises:
        UnknownNameError: Nothing has this name.
        BrokenPartError: It is registered and can't be used.
    """
    return METRICS.named(name)
