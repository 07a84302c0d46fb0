"""The methods of the contract as data, so that clients and servers need no generated stubs.

Generated stubs refuse to import beside a grpcio older than the compiler that made them; a table of
paths and messages works with every version and can be read in one look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from google.protobuf.message import Message

from chaos.wire import reseolio_pb2 as pb

SERVICE = "reseolio.Reseolio"


class Shape(Enum):
    """How many messages travel each way."""

    UNARY = "unary"
    BIDIRECTIONAL = "bidirectional"


@dataclass(frozen=True)
class Method:
    """One method of the contract: its name, the messages it takes and returns, and its shape."""

    name: str
    request: type[Message]
    response: type[Message]
    shape: Shape = Shape.UNARY

    @property
    def path(self) -> str:
        """The method's path in an HTTP/2 request."""
        return f"/{SERVICE}/{self.name}"


ENQUEUE_JOB = Method("EnqueueJob", pb.EnqueueRequest, pb.EnqueueResponse)
POLL_JOBS = Method("PollJobs", pb.PollRequest, pb.Job, Shape.BIDIRECTIONAL)
ACK_JOB = Method("AckJob", pb.AckRequest, pb.AckResponse)
GET_JOB = Method("GetJob", pb.GetJobRequest, pb.Job)
CANCEL_JOB = Method("CancelJob", pb.CancelRequest, pb.CancelResponse)
RETRY_JOB = Method("RetryJob", pb.RetryRequest, pb.RetryResponse)
LIST_JOBS = Method("ListJobs", pb.ListJobsRequest, pb.ListJobsResponse)
SUBSCRIBE_TO_JOBS = Method("SubscribeToJobs", pb.SubscribeRequest, pb.JobCompletion, Shape.BIDIRECTIONAL)
CREATE_SCHEDULE = Method("CreateSchedule", pb.CreateScheduleRequest, pb.Schedule)
GET_SCHEDULE = Method("GetSchedule", pb.GetScheduleRequest, pb.Schedule)
LIST_SCHEDULES = Method("ListSchedules", pb.ListSchedulesRequest, pb.ListSchedulesResponse)
UPDATE_SCHEDULE = Method("UpdateSchedule", pb.UpdateScheduleRequest, pb.Schedule)
PAUSE_SCHEDULE = Method("PauseSchedule", pb.PauseScheduleRequest, pb.Schedule)
RESUME_SCHEDULE = Method("ResumeSchedule", pb.ResumeScheduleRequest, pb.Schedule)
DELETE_SCHEDULE = Method("DeleteSchedule", pb.DeleteScheduleRequest, pb.DeleteScheduleResponse)

METHODS = (
    ENQUEUE_JOB,
    POLL_JOBS,
    ACK_JOB,
    GET_JOB,
    CANCEL_JOB,
    RETRY_JOB,
    LIST_JOBS,
    SUBSCRIBE_TO_JOBS,
    CREATE_SCHEDULE,
    GET_SCHEDULE,
    LIST_SCHEDULES,
    UPDATE_SCHEDULE,
    PAUSE_SCHEDULE,
    RESUME_SCHEDULE,
    DELETE_SCHEDULE,
)
