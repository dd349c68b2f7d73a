"""A cloud that keeps marks and says what the contract says, in memory: for the sending side's tests."""

import gzip
import json

import httpx

from contract.batch import GATEWAY_HEADER, SIGNATURE_HEADER, Batch, BatchAnswer, Problem, signing_input


class PaperCloud:
    """Takes batches through httpx.MockTransport; validates each against the contract."""

    def __init__(self, keys):
        self._keys = keys
        self.records = {}
        self.sizes = []
        self.refuse_next = []
        """Responses to give before taking anything."""

    def client(self):
        return httpx.Client(base_url="http://cloud", transport=httpx.MockTransport(self._answer))

    def _answer(self, request):
        if self.refuse_next:
            return self.refuse_next.pop(0)
        body = gzip.decompress(request.content)
        scheme, signature = request.headers[SIGNATURE_HEADER].split()
        assert scheme == "ed25519"
        self._keys[request.headers[GATEWAY_HEADER]](signature, signing_input(body))
        batch = Batch.model_validate_json(body)
        return self._take(batch, json.loads(body)["records"])

    def _take(self, batch, raw):
        stored = self.records.setdefault((batch.gateway_id, batch.epoch, batch.lane.value), [])
        if batch.first_seq > len(stored):
            problem = Problem(title="Conflict", status=409, detail="gap", expected_seq=len(stored))
            return httpx.Response(409, content=problem.model_dump_json())
        fresh = raw[len(stored) - batch.first_seq :]
        stored.extend(fresh)
        self.sizes.append(len(raw))
        answer = BatchAnswer(
            epoch=batch.epoch,
            lane=batch.lane,
            mark=len(stored) - 1,
            stored=len(fresh),
            already_there=len(raw) - len(fresh),
        )
        return httpx.Response(200, content=answer.model_dump_json())
