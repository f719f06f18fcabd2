"""refalt: how well does a sequence-to-function model predict measured variant effects?"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("refalt")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"
