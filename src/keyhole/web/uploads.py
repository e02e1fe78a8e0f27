"""Files that are sent to a page: kept in memory until the page has read them, and never on the disk.

Recordings hold credentials. Django's own handler writes what is large into a temporary file.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

LARGEST = 32 * 1024 * 1024
"""Bytes of a whole request with files."""


class InMemory(FileUploadHandler):
    """Takes every file, and refuses a request that is larger than is read anyway."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  # Django names it
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Refuse by the declared length, before anything is read."""
        if content_length > LARGEST:
            raise RequestDataTooBig(f"more than {LARGEST} bytes")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        self._content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """A piece of it."""
        self._content.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """It ends."""
        self._content.seek(0)
        return InMemoryUploadedFile(
            self._content,
            self.field_name,
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )
