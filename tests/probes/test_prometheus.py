from __future__ import annotations

import json

import pytest

from tests.probes.http_server import Server
from tests.probes.scene import answer, probe, silence

PAGE = """\
# TYPE jobs gauge
jobs{queue="mail",state="waiting"} 12
jobs{queue="mail",state="dead"} 1
jobs{queue="sms",state="waiting"} 3
jobs_total 16
"""


def vector(*values: str) -> str:
    samples = [{"metric": {}, "value": [1435781451.781, value]} for value in values]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": samples}})


async def test_a_sample_on_a_plain_page_is_chosen_by_its_labels() -> None:
    with Server(metrics=PAGE) as server:
        page = {"url": f"{server.url}/metrics", "at_most": 5.0}
        labels = {"queue": "mail", "state": "waiting"}
        assert await answer(probe("prometheus", metric="jobs", labels=labels, **page)) == 12.0
        assert await answer(probe("prometheus", metric="jobs_total", **page)) == 16.0
        several = probe("prometheus", metric="jobs", labels={"queue": "mail"}, **page)
        assert await silence(several) == "2 samples fit; name more of their labels"
        assert await silence(probe("prometheus", metric="job", **page)) == "no sample fits"
        elsewhere = probe("prometheus", metric="jobs", url=server.url, at_most=5.0)
        assert await silence(elsewhere) == "the page answers with the status 404"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (vector("2.5"), 2.5),
        (
            json.dumps(
                {"status": "success", "data": {"resultType": "scalar", "result": [1435781451.781, "7"]}}
            ),
            7.0,
        ),
        (vector(), "the query gives no sample"),
        (vector("1", "2"), "the query gives 2 samples; aggregate them"),
        (
            json.dumps({"status": "success", "data": {"resultType": "matrix", "result": []}}),
            "the query gives a matrix",
        ),
        (
            json.dumps({"status": "error", "error": "parse error"}),
            "the server refuses the query: parse error",
        ),
        ("<html>", "this is no answer of a Prometheus server"),
        ("[]", "this is no answer of a Prometheus server"),
    ],
)
async def test_a_query_of_a_server_gives_one_number_or_says_why_not(body: str, found: float | str) -> None:
    with Server(api_v1_query=body) as server:
        asked = probe("prometheus", url=f"{server.url}/", query="sum(jobs) + 1", at_most=5.0)
        if isinstance(found, float):
            assert await answer(asked) == found
        else:
            assert found in await silence(asked)
        assert server.asked[0][0] == "/api/v1/query?query=sum%28jobs%29+%2B+1"
