"""XNNPACK forced for int8 in tflite-runtime 2.14.0, which by itself leaves int8 graphs alone.

The wheel's shared object exports the C API of the XNNPACK delegate.  Its default options
have no flag set, so signed int8 is off; we create the delegate ourselves with the flags set.
The layout of the options and the hook by which an interpreter takes a delegate are private:
they are those of 2.14.0, and no other version is touched.

Source: tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h at v2.14.0: the options begin
with int32_t num_threads, uint32_t flags; QS8 = 1, QU8 = 2.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

from appliance.inference.refusals import RuntimeRefused

PINNED_VERSION = "2.14.0"
QS8, QU8 = 1, 2
"""Let XNNPACK take signed, and unsigned, 8-bit ops."""

_LIBRARY = "_pywrap_tensorflow_interpreter_wrapper.so"
_OPTIONS_BYTES = 256
"""Far more than the struct has: the rest of it is passed on as the wheel filled it in."""


class _Options(ctypes.Structure):
    _fields_ = (
        ("num_threads", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
        ("rest", ctypes.c_byte * (_OPTIONS_BYTES - 8)),
    )


class XnnpackDelegate:
    """A delegate for one interpreter; it must outlive it.

    Never deleted on its own: one that is forgotten costs a few kB, one that is deleted
    under a living interpreter costs the process.
    """

    def __init__(self, package: Path, version: str, *, flags: int = QS8 | QU8) -> None:
        """Create it from the wheel's folder; raise RuntimeRefused for another version."""
        if version != PINNED_VERSION:
            raise RuntimeRefused(
                f"XNNPACK can be forced in tflite-runtime {PINNED_VERSION} only, "
                f"and {version} is installed"
            )
        try:
            library = ctypes.CDLL(str(package / _LIBRARY))
            default = library.TfLiteXNNPackDelegateOptionsDefault
            create = library.TfLiteXNNPackDelegateCreate
            delete = library.TfLiteXNNPackDelegateDelete
        except (OSError, AttributeError) as error:
            raise RuntimeRefused("this tflite-runtime does not offer XNNPACK") from error
        default.restype = _Options
        create.restype, create.argtypes = ctypes.c_void_p, [ctypes.POINTER(_Options)]
        delete.restype, delete.argtypes = None, [ctypes.c_void_p]
        options = default()
        options.num_threads, options.flags = 1, flags
        self._delete = delete
        self._pointer: int | None = create(ctypes.byref(options))
        if not self._pointer:
            raise RuntimeRefused("tflite-runtime could not make its XNNPACK delegate")

    def _get_native_delegate_pointer(self) -> int | None:
        """Return the pointer; the runtime's interpreter asks for it by this name."""
        return self._pointer

    def close(self) -> None:
        """Delete it.  Only after its interpreter is gone."""
        if self._pointer:
            pointer, self._pointer = self._pointer, None
            self._delete(pointer)
