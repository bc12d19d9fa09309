from .client import connect  # noqa
from .protocol import QuicConnectionProtocol  # noqa
from .server import serve  # noqa
