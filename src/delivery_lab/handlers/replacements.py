"""Everything that is virtual inside a handler, put in place for a run and put back after it."""

from __future__ import annotations

from contextlib import ExitStack

from delivery_lab.handlers import (
    boto,
    chance,
    clients,
    endpoints,
    finalizers,
    futures,
    listeners,
    plain_tls,
    process_effects,
    process_settings,
    reading_past,
    taken,
    temporary_files,
    virtual_select,
    virtual_sockets,
    virtual_threads,
)
from delivery_lab.handlers.exchanged import STAYING
from delivery_lab.handlers.host_modules import OF_HOST
from delivery_lab.handlers.patches import Patches
from delivery_lab.handlers.virtual_time import VirtualTime


class Replacements:
    """Clocks, threads, randomness, files, process and boto3, as code inside a handler finds them."""

    def __init__(self) -> None:
        self._patches = Patches()
        self._time = VirtualTime()
        self._settings: process_settings.Settings | None = None
        self._watching, self._names = ExitStack(), ExitStack()

    def install(self) -> None:
        """Put everything in place, also where modules bound the real thing by name."""
        OF_HOST.begin()
        names = taken.PythonsNames()
        self._names.callback(names.put_back)
        self._settings = process_settings.Settings()
        replaced = self._time.install(self._patches)
        replaced |= virtual_threads.install(self._patches)
        replaced |= chance.install(self._patches)
        replaced |= process_effects.install(self._patches)
        replaced |= process_settings.install(self._patches)
        replaced |= virtual_select.install(self._patches)
        replaced |= temporary_files.install(self._patches)
        virtual_sockets.install(self._patches)
        plain_tls.install(self._patches)
        boto.install(self._patches)
        listeners.install(self._patches)
        endpoints.install(self._patches)
        finalizers.install(self._patches)
        replaced |= futures.install(self._patches)
        replaced |= reading_past.install(self._patches)
        clients.install(self._patches)
        self._patches.rebind_imported(replaced)
        self._watching.enter_context(names.watched())

    def remove(self) -> None:
        """Put everything back as it was, also after an `install` that failed half-way."""
        STAYING.put_back()
        self._watching.close()  # nobody needs to look at what is put back
        self._patches.undo()
        self._names.close()
        self._time.remove()
        OF_HOST.end()
        if self._settings is not None:
            self._settings.put_back()
            self._settings = None
