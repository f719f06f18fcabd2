"""Plug-ins are found by looking in a folder: one file each, and the file's name is the plug-in's name.

Third parties add theirs through the entry-point groups `refalt.datasets`, `refalt.models`, `refalt.audits`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import TypeVar

from refalt.errors import unknown_name

_T = TypeVar("_T")


def module_names(package: ModuleType) -> tuple[str, ...]:
    """Names of the plug-in modules in a package's folder, in alphabetical order, without importing them.

    The package names the files that are not plug-ins in `NOT_PLUGINS`.
    """
    scaffold: tuple[str, ...] = package.NOT_PLUGINS
    return tuple(sorted(name for _, name, _ in pkgutil.iter_modules(package.__path__) if name not in scaffold))


def concrete_classes(module: ModuleType, base: type[_T]) -> list[type[_T]]:
    """The classes a module itself defines that implement `base` wholly."""
    return [
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, base) and found.__module__ == module.__name__ and not inspect.isabstract(found)
    ]


def entry_point_names(package: ModuleType) -> Mapping[str, str]:
    """Plug-ins that other installed packages offer: name -> `module:Class`."""
    return {point.name: point.value for point in entry_points(group=package.__name__)}


def find_plugin(package: ModuleType, name: str, base: type[_T], *, where: str | None = None) -> type[_T]:
    """The plug-in called `name`: exactly one class that implements `base`.

    Raises:
        UserError: there is no such plug-in; the nearest name is shown.
        TypeError: the file exists but does not define exactly one plug-in (a bug in that file).
    """
    offered = entry_point_names(package)
    if name in module_names(package):
        module = importlib.import_module(f"{package.__name__}.{name}")
        classes = concrete_classes(module, base)
        if len(classes) != 1:
            raise TypeError(f"{module.__name__} must define one {base.__name__}, it defines {len(classes)}")
        return classes[0]
    if name in offered:
        module_name, _, attribute = offered[name].partition(":")
        loaded: type[_T] = getattr(importlib.import_module(module_name), attribute)
        return loaded
    known = {*module_names(package), *offered}
    raise unknown_name(package.__name__.rpartition(".")[2].rstrip("s"), name, known, where=where)


def every_class(package: ModuleType, base: type[_T]) -> list[type[_T]]:
    """All classes that implement `base` in a package's modules and in its entry points (for audits)."""
    found: list[type[_T]] = []
    for name in module_names(package):
        found += concrete_classes(importlib.import_module(f"{package.__name__}.{name}"), base)
    for point in entry_points(group=package.__name__):
        found.append(point.load())
    return found
