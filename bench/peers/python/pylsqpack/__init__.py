# flake8: noqa

from ._binding import (
    Decoder,
    DecoderStreamError,
    DecompressionFailed,
    Encoder,
    EncoderStreamError,
    StreamBlocked,
)

__version__ = "0.3.24"
