"""A server on loopback that speaks as AnkiConnect does, over a real collection of Anki's.

It does what the add-on does, action by action, and misbehaves as it is told to.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from tests.loopback import Loopback

Body = dict[str, Any]
Meddling = Callable[[Body, object], object]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


class Desk:
    """The actions of the add-on, by their names there in our spelling."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.key = ""
        self.calls: list[str] = []

    def handle(self, body: Body) -> Body:
        name = body["action"]
        self.calls.append(name)
        if self.key and body.get("key") != self.key:
            return {"result": None, "error": "valid api key must be provided"}
        action = getattr(self, f"on_{_snake(name)}", None)
        if action is None:
            return {"result": None, "error": "unsupported action"}
        params = {_snake(key): value for key, value in body["params"].items()}
        try:
            return {"result": action(**params), "error": None}
        except Exception as error:  # noqa: BLE001  # as the add-on does
            return {"result": None, "error": str(error)}

    def on_version(self) -> int:
        return 6

    def on_multi(self, actions: list[Body]) -> list[Body]:
        return [self.handle(action) for action in actions]

    def on_model_names_and_ids(self) -> dict[str, int]:
        return {one.name: one.id for one in self.collection.models.all_names_and_ids()}

    def _model(self, name: str) -> Any:
        self.collection.models._clear_cache()
        found = self.collection.models.by_name(name)
        if found is None:
            raise ValueError(f"model was not found: {name}")
        return found

    def on_model_field_names(self, model_name: str) -> list[str]:
        return [one["name"] for one in self._model(model_name)["flds"]]

    def on_model_templates(self, model_name: str) -> dict[str, dict[str, str]]:
        templates = self._model(model_name)["tmpls"]
        return {one["name"]: {"Front": one["qfmt"], "Back": one["afmt"]} for one in templates}

    def on_model_styling(self, model_name: str) -> dict[str, str]:
        return {"css": self._model(model_name)["css"]}

    def on_update_model_styling(self, model: Body) -> None:
        held = self._model(model["name"])
        held["css"] = model["css"]
        self.collection.models.update_dict(held)

    def on_update_model_templates(self, model: Body) -> None:
        held = self._model(model["name"])
        for one in held["tmpls"]:
            sides = model["templates"].get(one["name"], {})
            one["qfmt"] = sides.get("Front") or one["qfmt"]
            one["afmt"] = sides.get("Back") or one["afmt"]
        self.collection.models.update_dict(held)

    def on_find_notes(self, query: str) -> list[int]:
        return [*self.collection.find_notes(query)]

    def on_notes_info(self, notes: list[Any]) -> list[Body]:
        self.collection.models._clear_cache()
        told: list[Body] = []
        for number in notes:
            if not self.collection.find_notes(f"nid:{number}"):
                told.append({})
                continue
            note = self.collection.get_note(number)
            kind = note.note_type()
            assert kind
            fields = {n: {"value": v, "order": o} for o, (n, v) in enumerate(note.items())}
            told.append(
                {"noteId": number, "tags": note.tags, "fields": fields, "modelName": kind["name"]}
            )
        return told

    def on_update_note_fields(self, note: Body) -> None:
        held = self.collection.get_note(note["id"])
        for name, value in note["fields"].items():
            if name in held:
                held[name] = value
        self.collection.update_note(held)

    def on_add_tags(self, notes: list[Any], tags: str) -> None:
        self.collection.tags.bulk_add(notes, tags)

    def on_remove_tags(self, notes: list[Any], tags: str) -> None:
        self.collection.tags.bulk_remove(notes, tags)

    def on_get_media_dir_path(self) -> str:
        return self.collection.media.dir()

    def on_get_media_files_names(self, pattern: str) -> list[str]:
        return [path.name for path in Path(self.collection.media.dir()).glob(pattern)]

    def on_store_media_file(self, filename: str, data: str) -> str:
        return self.collection.media.write_data(filename, base64.b64decode(data))

    def on_delete_media_file(self, filename: str) -> None:
        self.collection.media.trash_files([filename])

    def on_import_package(self, path: str) -> bool:
        options = ImportAnkiPackageOptions(
            merge_notetypes=True, with_scheduling=True, with_deck_configs=True
        )
        request = ImportAnkiPackageRequest(package_path=path, options=options)
        self.collection.import_anki_package(request)
        self.collection.models._clear_cache()
        return True


class Server(Loopback):
    """A running server; ``meddle`` may put anything in place of an answer, bytes as they are."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.requests: list[int] = []
        self.meddle: Meddling = lambda _, answer: answer
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append(len(text))
                body = json.loads(text)
                answer = outer.meddle(body, outer.desk.handle(body))
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                if data == b"":
                    return  # hangs up
                self.send_response(outer.status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(Handler)
        self.url = self.address


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Open a new collection in a folder, and serve it while a test needs it."""
    with (
        closing(Collection(str(folder / "collection.anki2"))) as collection,
        closing(Server(Desk(collection))) as server,
    ):
        yield server
