"""The people's page: plain files from the folder beside this one."""

from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
TYPES |= {".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json"}


async def page(request: web.Request) -> web.Response:
    """Serve one file of the page, fresh each time."""
    name = request.match_info.get("name") or "index.html"
    known = {file.name: file for file in FOLDER.glob("*") if file.suffix in TYPES}
    if name not in known:
        raise web.HTTPNotFound(text="There is no page here.")
    return web.Response(
        body=known[name].read_bytes(),
        content_type=TYPES[known[name].suffix],
        charset="utf-8" if known[name].suffix in (".html", ".js", ".css") else None,
        headers={"Cache-Control": "no-store"},
    )


def routes() -> list[web.RouteDef]:
    """Return the routes of the page."""
    return [web.get("/", page), web.get(r"/{name:[\w.-]+\.\w+}", page)]
