"""HTTP over a bare connection."""

from __future__ import annotations

import re
import socket


def answer_of(client: socket.socket) -> bytes:
    """One whole answer, in however many pieces it comes; less if the connection ends before."""
    answer = b""
    while part := client.recv(65536):
        answer += part
        head, end, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if end and length and len(body) >= int(length[1]):
            break
    return answer
