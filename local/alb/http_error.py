"""What the load balancer answers itself, instead of a target."""

from __future__ import annotations

from starlette.responses import Response


class HttpError(Exception):
    """A request ends here: the status for the browser, the reason for the log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    @property
    def response(self) -> Response:
        """A page as bare as the ALB's."""
        page = f"<html><head><title>{self.status}</title></head><body>{self.status}</body></html>"
        return Response(page, status_code=self.status, media_type="text/html")
