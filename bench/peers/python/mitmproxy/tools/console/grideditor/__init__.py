from . import base
from .editors import CookieAttributeEditor
from .editors import CookieEditor
from .editors import DataViewer
from .editors import OptionsEditor
from .editors import PathEditor
from .editors import QueryEditor
from .editors import RequestHeaderEditor
from .editors import RequestMultipartEditor
from .editors import RequestUrlEncodedEditor
from .editors import ResponseHeaderEditor
from .editors import SetCookieEditor

__all__ = [
    "base",
    "QueryEditor",
    "RequestHeaderEditor",
    "ResponseHeaderEditor",
    "RequestMultipartEditor",
    "RequestUrlEncodedEditor",
    "PathEditor",
    "CookieEditor",
    "CookieAttributeEditor",
    "SetCookieEditor",
    "OptionsEditor",
    "DataViewer",
]
