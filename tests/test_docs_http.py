"""docs/http-api.md and the OpenAPI description tell of every route."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from audapolis.config import Settings
from audapolis.main import create_app

PAGE = (Path(__file__).parents[1] / "docs" / "http-api.md").read_text("utf-8")


@pytest.fixture(scope="module")
def openapi(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return create_app(Settings(data_dir=tmp_path_factory.mktemp("data"))).openapi()


def operations(openapi: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    }


def test_the_page_lists_exactly_the_routes_there_are(openapi: Any) -> None:
    listed = re.findall(r"^\| `([A-Z]+ /\S*)` \| \S", PAGE, re.MULTILINE)
    assert sorted(listed) == sorted(operations(openapi))


def test_every_route_is_described_with_an_example(openapi: Any) -> None:
    schemas = openapi["components"]["schemas"]
    for route, operation in operations(openapi).items():
        assert operation["description"], route
        status, answer = next(item for item in operation["responses"].items() if item[0].startswith("2"))
        if status == "204":
            continue
        contents = list(answer["content"].values())
        assert contents, route
        for content in contents:
            named = schemas[content["schema"]["$ref"].split("/")[-1]] if "$ref" in content.get("schema", {}) else {}
            empty = content.get("schema", {}).get("type") == "null"
            assert empty or "example" in content or "example" in named, route


def test_every_parameter_of_a_body_has_an_example(openapi: Any) -> None:
    for route, operation in operations(openapi).items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert "example" in content or "examples" in content or "examples" in content["schema"], route


def test_examples_of_tasks_are_tasks() -> None:
    from audapolis.api.schemas import FormatList, Readiness, TaskList, TaskView, TranscriptList

    for shape in (TaskView, TaskList, TranscriptList, Readiness, FormatList):
        example = shape.model_config["json_schema_extra"]["example"]  # type: ignore[index, call-overload]
        assert shape.model_validate(example).model_dump(mode="json") == example
