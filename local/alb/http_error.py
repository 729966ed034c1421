"""Error responses of the load balancer itself."""

from __future__ import annotations

from starlette.responses import Response


class HttpError(Exception):
    """Ends a request with an HTTP status; the reason goes to the log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    @property
    def response(self) -> Response:
        """The error page, as minimal as the ALB's."""
        page = f"<html><head><title>{self.status}</title></head><body>{self.status}</body></html>"
        return Response(page, status_code=self.status, media_type="text/html")
