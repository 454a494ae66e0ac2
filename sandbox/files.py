"""Uploaded bytes, kept so that getFile and the page can give them back."""

import hashlib
import io
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from sandbox.errors import bad
from sandbox.types import Json

MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
MAX_DOWNLOAD = 20 * 1024 * 1024
FOLDERS = {
    "photo": "photos",
    "video": "videos",
    "audio": "music",
    "animation": "animations",
    "document": "documents",
}
TYPES = {
    "photo": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "animation": "video/mp4",
    "document": "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class File:
    """One stored file and the kind it was sent as."""

    id: str
    unique_id: str
    kind: str
    content: bytes
    path: str
    name: str
    mime_type: str

    def media(self) -> Json:
        """Return the Bot API object of its kind (for a photo, one `PhotoSize`)."""
        media: Json = {
            "file_id": self.id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.content),
        }
        if self.kind == "photo":
            width, height = size_of(self.content)
            return media | {"width": width, "height": height}
        media |= {"file_name": self.name, "mime_type": self.mime_type}
        if self.kind in ("video", "animation"):
            media |= {"width": 320, "height": 240, "duration": 1}
        return media | {"duration": 1} if self.kind == "audio" else media

    def shown(self, base: str) -> Json:
        """Return what the page needs to show or offer it."""
        return {
            "url": f"{base}/control/files/{self.id}",
            "mime_type": self.mime_type,
            "file_name": self.name,
            "size": len(self.content),
        }


@dataclass(slots=True)
class Files:
    """All files by id and by path."""

    by_id: dict[str, File] = field(default_factory=dict)
    by_path: dict[str, File] = field(default_factory=dict)

    def keep(
        self, content: bytes, *, kind: str, name: str | None = None, mime_type: str | None = None
    ) -> File:
        """Store bytes as a photo, video, audio, animation or document."""
        if not content:
            raise bad("file must be non-empty")
        if len(content) > (MAX_PHOTO if kind == "photo" else MAX_UPLOAD):
            raise bad("file is too big")
        if kind == "photo":
            size_of(content)
        digest = hashlib.sha256(content).hexdigest()
        number = len(self.by_id) + 1
        suffix = ".jpg" if kind == "photo" else "." + (name or "file.bin").rpartition(".")[2]
        file = File(
            id=f"AgAC{number:04d}{digest[:24]}",
            unique_id=f"AQ{digest[:14]}",
            kind=kind,
            content=content,
            path=f"{FOLDERS[kind]}/file_{number}{suffix}",
            name=name or f"file_{number}{suffix}",
            mime_type=mime_type or TYPES[kind],
        )
        self.by_id[file.id] = self.by_path[file.path] = file
        return file


def size_of(content: bytes) -> tuple[int, int]:
    """Return width and height of a picture, or refuse what is not one."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.size
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise bad("IMAGE_PROCESS_FAILED") from error


def sample_photo() -> bytes:
    """Return a small picture for people who have none at hand."""
    image = Image.new("RGB", (320, 240), "#7a8ca3")
    image.paste("#d9c26a", (40, 90, 280, 200))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()
