"""Jinja as templates get it: sandboxed, strict about names, without files and without chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jinja2 import StrictUndefined, Template, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ...errors import InvalidTemplate
from .data import NAMES
from .filters import FILTERS

FILE = "<template>"
"""What Jinja calls a template that has no file, in tracebacks."""

_MARKUP = {"html", "htm", "xhtml", "svg"}
_OTHERS = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
}
_CHANCE = ("random",)
_GLOBALS = ("range", "dict", "cycler", "joiner", "namespace")


class Missing(StrictUndefined):
    """A name that is not there; its message tells which there are."""

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(self._undefined_obj, Mapping):
            known = ", ".join(str(key) for key in self._undefined_obj) or "nothing"
            return f"There is no '{self._undefined_name}' here; there are: {known}."
        return f"'{self._undefined_name}' is not defined."


def environment_for(extension: str) -> ImmutableSandboxedEnvironment:
    """The environment of a template; what ends in markup is escaped by itself."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=extension.lower() in _MARKUP,
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    environment.filters.update(FILTERS)
    for name in _CHANCE:  # the same transcript gives the same bytes
        del environment.filters[name]
    environment.globals = {name: environment.globals[name] for name in _GLOBALS}
    return environment


def compiled(source: str, extension: str) -> Template:
    """Read a template and check what can be checked without running it.

    Raises:
        InvalidTemplate: It uses other files, or names there are not.
        jinja2.TemplateSyntaxError: It is no template.
    """
    environment = environment_for(extension)
    tree = environment.parse(source)
    for fault in (*_other_files(tree), *_unknown_names(tree, environment)):
        raise fault
    return environment.from_string(tree)


def _other_files(tree: nodes.Template) -> Iterator[InvalidTemplate]:
    for node in tree.find_all(tuple(_OTHERS)):
        yield InvalidTemplate(
            f"Line {node.lineno}: a template can't {_OTHERS[type(node)]} another one.",
            hint="Put everything into one template; macros are allowed.",
            line=node.lineno,
            kind="syntax",
        )


def _unknown_names(tree: nodes.Template, environment: ImmutableSandboxedEnvironment) -> Iterator[InvalidTemplate]:
    unknown = find_undeclared_variables(tree) - set(NAMES) - set(environment.globals)
    for name in sorted(unknown):
        line = next(
            (node.lineno for node in tree.find_all(nodes.Name) if node.name == name and node.ctx == "load"), None
        )
        yield InvalidTemplate(
            f"{f'Line {line}: ' if line else ''}'{name}' is not defined.",
            hint=f"A template sees: {', '.join(NAMES)}.",
            line=line,
            kind="undefined",
            known=list(NAMES),
        )
