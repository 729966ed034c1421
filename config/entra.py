"""Addresses of Microsoft Entra ID, of which a platform takes those of one directory alone.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

ISSUER_HOSTS = frozenset(
    {
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "login.partner.microsoftonline.cn",
    }
)
HOSTS = ISSUER_HOSTS | {
    "login.chinacloudapi.cn",
    "login.microsoft.com",
    "login.windows.net",
    "sts.chinacloudapi.cn",
    "sts.windows.net",
}
PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""Tenant of all personal accounts, which is `consumers` by its ID."""
SHARED_TENANTS = frozenset({"common", "organizations", "consumers", PERSONAL_ACCOUNTS})
TENANT_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def tenant_of(url: str) -> str | None:
    """The tenant in an address of Entra, in lower case; None for an address of anything else."""
    parts = urlsplit(url)
    if parts.hostname not in HOSTS:
        return None
    return parts.path.removeprefix("/").partition("/")[0].lower()


def is_one_tenant(tenant: str) -> bool:
    """Whether a tenant in an address is one directory: an ID that is not shared, or a domain."""
    form = rf"{TENANT_ID}|[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    return tenant not in SHARED_TENANTS and bool(re.fullmatch(form, tenant))


def is_issuer_of_one_tenant(issuer: str) -> bool:
    """Whether an issuer is `https://login.microsoftonline.com/<tenant ID>/v2.0`, or so elsewhere.

    The userinfo endpoint sends no `email_verified` for these:
    https://learn.microsoft.com/entra/identity-platform/userinfo
    """
    parts = urlsplit(issuer)
    tenant, _, rest = parts.path.lower().removeprefix("/").partition("/")
    is_id = re.fullmatch(TENANT_ID, tenant) is not None
    return parts.hostname in ISSUER_HOSTS and is_id and is_one_tenant(tenant) and rest == "v2.0"
