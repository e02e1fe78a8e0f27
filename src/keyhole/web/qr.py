"""QR codes as one SVG path: the content security policy allows no picture from elsewhere and no style attributes."""

from __future__ import annotations

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

_BORDER = 4
"""Modules of white around it that scanners need."""


def qr_path(text: str) -> tuple[str, int]:
    """The dark modules as a path of unit squares, and the width of the whole in modules, border included."""
    code: QRCode[object] = QRCode(error_correction=ERROR_CORRECT_M, border=_BORDER)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    path = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, cells in enumerate(matrix)
        for column, dark in enumerate(cells)
        if dark
    )
    return path, len(matrix)
