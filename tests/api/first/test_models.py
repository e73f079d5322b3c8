from __future__ import annotations

import ast
import textwrap
from typing import Any

import pytest

from delivery_lab.api.first.models import Models


def models(source: str) -> Models:
    tree = ast.parse(textwrap.dedent(source))
    return Models({node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)})


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("str", "x-{n}"),
        ("int", 1),
        ("float", 1.5),
        ("bool", True),
        ("Decimal", "1.50"),
        ("datetime.datetime", "2026-01-01T00:00:00Z"),
        ("UUID", "00000000-0000-4000-8000-000000000001"),
        ("int | None", 1),
        ("None | int", 1),
        ("Optional[int]", 1),
        ("Union[None, int]", 1),
        ("'int'", 1),
        ("Annotated[int, Field(gt=0)]", 1),
        ("conint(gt=0)", "x-{n}"),
        ("Literal['a', 'b']", "a"),
        ("Kind", "new"),
        ("Line", {"sku": "sku-{n}"}),
        ("list[Line]", [{"sku": "sku-{n}"}]),
        ("List[int]", [1]),
        ("list", []),
        ("dict[str, int]", {}),
        ("Item", {"line": {"sku": "sku-{n}"}}),
        ("Unknown", "x-{n}"),
    ],
)
def test_members_get_values_of_their_types(annotation: str, value: Any) -> None:
    source = f"""
        class Kind(str, Enum):
            NEW = "new"
            OLD = "old"

        class Line(BaseModel):
            sku: str

        class Item(NamedTuple):
            line: Line

        class Order(BaseModel):
            x: {annotation}
        """
    assert models(source).sample("Order") == {"x": value}


def test_members_with_a_default_are_left_out_and_aliases_count() -> None:
    source = """
        class Base(BaseModel):
            id: str

        class Order(Base):
            model_config = ConfigDict(extra="forbid")
            kinds: ClassVar[list[str]] = []
            order_id: str = Field(alias="orderId")
            note: str = "none"
            lines: list[str] = Field(default_factory=list)
            total: int = Field(..., gt=0)
        """
    assert models(source).sample("Order") == {"id": "id-{n}", "orderId": "orderId-{n}", "total": 1}


@pytest.mark.parametrize(
    ("source", "sample"),
    [
        ("class A(TypedDict, total=False):\n    x: int\n    y: Required[int]", {"y": 1}),
        ("class A(TypedDict, total=False):\n    x: int\n    y: int", {"x": 1, "y": 1}),
        ("class A(TypedDict):\n    x: int\n    y: NotRequired[int]", {"x": 1}),
        ("class A(BaseModel):\n    x: int = 3\n    y: int = None", {"x": 3, "y": 1}),
        ("class A(BaseModel):\n    again: 'A'", {"again": "again-{n}"}),
        ("class A(A):\n    x: int", {"x": 1}),
    ],
)
def test_what_is_required_is_shown_or_else_everything(source: str, sample: dict[str, Any]) -> None:
    assert models(source).sample("A") == sample


def test_only_classes_of_values_are_models() -> None:
    found = models("class A: ...\nclass B(Enum): ...\n@dataclass(frozen=True)\nclass C: ...\nclass D(C): ...")
    assert [found.named(ast.Name(id=name)) for name in "ABCDE"] == [None, None, "C", "D", None]
