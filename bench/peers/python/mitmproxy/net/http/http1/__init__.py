from .assemble import assemble_body
from .assemble import assemble_request
from .assemble import assemble_request_head
from .assemble import assemble_response
from .assemble import assemble_response_head
from .read import connection_close
from .read import expected_http_body_size
from .read import read_request_head
from .read import read_response_head

__all__ = [
    "read_request_head",
    "read_response_head",
    "connection_close",
    "expected_http_body_size",
    "assemble_request",
    "assemble_request_head",
    "assemble_response",
    "assemble_response_head",
    "assemble_body",
]
