from . import modes
from .dns import DNSLayer
from .http import HttpLayer
from .quic import ClientQuicLayer
from .quic import QuicStreamLayer
from .quic import RawQuicLayer
from .quic import ServerQuicLayer
from .tcp import TCPLayer
from .tls import ClientTLSLayer
from .tls import ServerTLSLayer
from .udp import UDPLayer
from .websocket import WebsocketLayer

__all__ = [
    "modes",
    "DNSLayer",
    "HttpLayer",
    "QuicStreamLayer",
    "RawQuicLayer",
    "TCPLayer",
    "UDPLayer",
    "ClientQuicLayer",
    "ClientTLSLayer",
    "ServerQuicLayer",
    "ServerTLSLayer",
    "WebsocketLayer",
]
