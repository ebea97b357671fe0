"""`docs/command-line.md` and the parser agree."""

import argparse
import re
from pathlib import Path

import pytest
from audapolis.cli import build_parser

_PAGE = (Path(__file__).parents[1] / "docs" / "command-line.md").read_text("utf-8")
_COMMANDS = build_parser().commands


def _section(command: str) -> str:
    found = re.search(rf"^## {command}$(.*?)(?=^## |\Z)", _PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/command-line.md has no section '{command}'"
    return found[1]


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings}


_EVERYWHERE = {"-h", "--help", "-q", "--quiet", "-v", "--verbose"}


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_option_of_a_command_is_in_its_section(command: str) -> None:
    written = set(re.findall(r"`(--?[A-Za-z][\w-]*)", _section(command)))
    assert not _options(_COMMANDS[command]) - _EVERYWHERE - written


@pytest.mark.parametrize("command", _COMMANDS)
def test_no_section_promises_an_option_the_command_lacks(command: str) -> None:
    written = set(re.findall(r"(?<![\w-])(--[a-z][\w-]*)", _section(command)))
    assert written <= _options(_COMMANDS[command]) | {"--json"}


def test_the_page_has_a_section_for_each_command_and_no_other() -> None:
    assert re.findall(r"^## (.+)$", _PAGE, re.MULTILINE) == list(_COMMANDS)


def test_options_of_every_command_are_explained_once_at_the_top() -> None:
    top = _PAGE.split("\n## ")[0]
    assert all(f"`{name}`" in top for name in _EVERYWHERE)


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_option_has_a_help_text(command: str) -> None:
    for action in _COMMANDS[command]._actions:
        assert action.help, action
