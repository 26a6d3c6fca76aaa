"""Student code behind two walls: bubblewrap around a template process, own namespaces for each submission."""

from classroom.sandbox.bubblewrap import NoSandbox
from classroom.sandbox.runs import SandboxLost
from classroom.sandbox.session import Report, Sandbox
from classroom.sandbox.walls import Limits

__all__ = ["Limits", "NoSandbox", "Report", "Sandbox", "SandboxLost"]
