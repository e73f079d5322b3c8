"""Assets and archives of a graph, and those of Pulumi's SDK."""

from __future__ import annotations

import pulumi
import pytest

from delivery_lab.program.assets import (
    AssetArchive,
    AssetOrArchive,
    FileArchive,
    FileAsset,
    RemoteArchive,
    RemoteAsset,
    StringAsset,
    as_pulumis,
    of_pulumis,
)

KINDS = [
    (FileAsset("/p/a.py"), pulumi.FileAsset),
    (StringAsset("x = 1"), pulumi.StringAsset),
    (RemoteAsset("https://example.org/page"), pulumi.RemoteAsset),
    (FileArchive("/p/src"), pulumi.FileArchive),
    (RemoteArchive("https://example.org/x.zip"), pulumi.RemoteArchive),
    (AssetArchive({"a.py": FileAsset("/p/a.py"), "in": AssetArchive({"b": StringAsset("b")})}), pulumi.AssetArchive),
]


@pytest.mark.parametrize(("value", "kind"), KINDS, ids=lambda one: type(one).__name__)
def test_each_kind_is_the_sdks_for_the_sdk_and_comes_back_as_it_was(value: AssetOrArchive, kind: type) -> None:
    there = as_pulumis(value)

    assert isinstance(there, (pulumi.Asset, pulumi.Archive))
    assert type(there) is kind
    assert of_pulumis(there) == value


def test_values_without_assets_go_to_the_sdk_as_they_are_and_others_at_any_depth() -> None:
    there = as_pulumis({"size": 3, "files": [{"page": FileAsset("/p/a.html")}, "text", None]})

    assert isinstance(there, dict)
    page = there["files"][0].pop("page")
    assert isinstance(page, pulumi.FileAsset)
    assert page.path == "/p/a.html"
    assert there == {"size": 3, "files": [{}, "text", None]}


def test_an_asset_of_no_kind_that_pulumi_documents_is_refused() -> None:
    class OwnAsset(pulumi.Asset):
        pass

    with pytest.raises(TypeError, match=r"^a OwnAsset is no asset or archive of Pulumi's that a graph holds$"):
        of_pulumis(OwnAsset())
