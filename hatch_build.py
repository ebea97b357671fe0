"""Build hook: lets `server/app` import as `audapolis` in editable installs.

Wheels rename the folder (see `[tool.hatch.build.targets.wheel.sources]`). An editable install cannot rename,
and static tools need a real directory called `audapolis`, so this hook makes the git-ignored link
`.editable/audapolis -> ../server/app`.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class EditableLink(BuildHookInterface[Any]):
    """Creates `.editable/audapolis` when the build is an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Make the link; hatchling calls this before every build target with its version name."""
        if version != "editable":
            return
        link = Path(self.root) / ".editable" / "audapolis"
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(Path("..") / "server" / "app", target_is_directory=True)
