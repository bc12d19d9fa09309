from .view import ViewImage

__all__ = ["ViewImage"]
