from mitmproxy.tools.web import master

__all__ = ["master"]
