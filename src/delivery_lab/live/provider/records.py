"""What the emulator does not keep: records of resources whose type, or whose deletion, it does not have.

They stand in the emulator's parameter store, so that they are where all else is, and go with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from delivery_lab.live.provider.cloud import Cloud, found, gone_is_fine

_ROOT = "/delivery-lab/emulated"


@dataclass(frozen=True, slots=True)
class EmulatedRecords:
    """EmulatedRecords of one kind, by id.

    Attributes:
        kind: a word for the kind, part of the parameters' names.
    """

    kind: str

    def put(self, cloud: Cloud, id_: str, record: dict[str, Any]) -> None:
        """Keep a record, in the place of one of the same id."""
        text = json.dumps(record, sort_keys=True)
        cloud.client("ssm").put_parameter(Name=self._name(id_), Value=text, Type="String", Overwrite=True)

    def get(self, cloud: Cloud, id_: str) -> dict[str, Any] | None:
        """A record, or None."""
        client = cloud.client("ssm")
        answer = found(lambda: client.get_parameter(Name=self._name(id_)))
        if answer is None:
            return None
        record: dict[str, Any] = json.loads(answer["Parameter"]["Value"])
        return record

    def all(self, cloud: Cloud) -> dict[str, dict[str, Any]]:
        """All records of the kind, by id."""
        pages = cloud.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=self._name("").rstrip("/"))
        parameters = [parameter for page in pages for parameter in page["Parameters"]]
        return {each["Name"].rpartition("/")[2]: json.loads(each["Value"]) for each in parameters}

    def delete(self, cloud: Cloud, id_: str) -> None:
        """Forget a record."""
        with gone_is_fine():
            cloud.client("ssm").delete_parameter(Name=self._name(id_))

    def _name(self, id_: str) -> str:
        return f"{_ROOT}/{self.kind}/{id_}"
