from __future__ import annotations

import logging
from pathlib import Path

import pulumi
import pytest

from components.layer import SharedLayer, requirements_digest
from tests.components.world import Registered, deploy

MISSING = "build/layer is missing: run `make layer` before `pulumi up`"
STALE = "build/layer was not built from the present functions/requirements.txt: run `make layer` before `pulumi up`"


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "functions" / "shared").mkdir(parents=True)
    (tmp_path / "functions" / "requirements.txt").write_text("one==1\n")
    monkeypatch.chdir(tmp_path)


def _built() -> None:
    Path("build/layer").mkdir(parents=True)
    Path("build/layer.sha256").write_text(f"{requirements_digest()}\n")


def _layer(*, preview: bool) -> Registered:
    world = deploy(lambda: _deploy_layer(), preview=preview, logger=logging.getLogger("layer"))
    return world.one("aws:lambda/layerVersion:LayerVersion", "shared-layer")


def _deploy_layer() -> None:
    SharedLayer("shared")


def _paths(layer: Registered) -> dict[str, str]:
    code = layer.inputs["code"]
    assert isinstance(code, pulumi.AssetArchive)
    found = {}
    for place, archive in code.assets.items():
        assert isinstance(archive, pulumi.FileArchive)
        found[place] = archive.path
    return found


@pytest.mark.parametrize("preview", [True, False])
def test_a_built_layer_holds_dependencies_and_shared_code(preview: bool) -> None:
    _built()
    layer = _layer(preview=preview)
    assert _paths(layer) == {"python": "build/layer", "python/shared": "functions/shared"}
    assert {key: value for key, value in layer.inputs.items() if key != "code"} == {
        "layerName": "delivery-lab-shared",
        "compatibleRuntimes": ["python3.13"],
        "compatibleArchitectures": ["arm64"],
    }
    assert layer.parent == "delivery-lab:layer:SharedLayer::shared"


def test_a_preview_without_dependencies_goes_on_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="layer"):
        assert _paths(_layer(preview=True)) == {"python/shared": "functions/shared"}
    assert caplog.messages == [MISSING]


def test_an_update_without_dependencies_is_refused() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        _layer(preview=False)
    assert str(caught.value) == MISSING


def test_an_update_with_dependencies_of_another_lock_is_refused() -> None:
    _built()
    Path("functions/requirements.txt").write_text("one==2\n")
    with pytest.raises(pulumi.RunError) as caught:
        _layer(preview=False)
    assert str(caught.value) == STALE


def test_dependencies_of_unknown_origin_are_refused() -> None:
    Path("build/layer").mkdir(parents=True)
    with pytest.raises(pulumi.RunError) as caught:
        _layer(preview=False)
    assert str(caught.value) == STALE
