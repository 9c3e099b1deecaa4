"""What stands on PATH for `gh`: it keeps boards in a file and records how it was called."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

STATE = Path(__file__).with_name("state.json")


def main(arguments: list[str]) -> None:
    state: dict[str, Any] = json.loads(STATE.read_text())
    state["calls"].append(arguments)
    if state.get("refuses"):
        STATE.write_text(json.dumps(state))
        sys.stderr.write("error: your authentication token is missing required scopes [project]\n")
        sys.exit(1)
    answer = ANSWERS[arguments[1]](state, options(arguments))
    STATE.write_text(json.dumps(state))
    sys.stdout.write(json.dumps(answer))


def options(arguments: list[str]) -> dict[str, str]:
    names = [index for index, one in enumerate(arguments) if one.startswith("--")]
    return {arguments[index]: arguments[index + 1] for index in names}


def project_list(state: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
    return {"projects": state["projects"]}


def project_create(state: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    made = {
        "number": 7,
        "id": "PVT_7",
        "title": given["--title"],
        "url": "https://example.com/7",
    }
    state["projects"].append(made)
    names = ("Todo", "In Progress", "Done")
    state["fields"] = [
        {"id": "F_title", "name": "Title", "type": "ProjectV2Field"},
        {
            "id": "F_status",
            "name": "Status",
            "type": "ProjectV2SingleSelectField",
            "options": [{"id": f"S_{name}", "name": name} for name in names],
        },
    ]
    return made


def field_list(state: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
    return {"fields": state["fields"]}


def field_create(state: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    names = given["--single-select-options"].split(",")
    made = {
        "id": f"F_{given['--name']}",
        "name": given["--name"],
        "type": "ProjectV2SingleSelectField",
        "options": [{"id": f"E_{name}", "name": name} for name in names],
    }
    state["fields"].append(made)
    return made


def item_list(state: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
    return {"items": state["items"]}


def item_create(state: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    made = {
        "id": f"I_{len(state['items'])}",
        "title": given["--title"],
        "content": {"type": "DraftIssue", "title": given["--title"], "body": given["--body"]},
    }
    state["items"].append(made)
    return made


def item_edit(state: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    item = next(one for one in state["items"] if one["id"] == given["--id"])
    field = next(one for one in state["fields"] if one["id"] == given["--field-id"])
    wanted = given["--single-select-option-id"]
    value = next(one["name"] for one in field["options"] if one["id"] == wanted)
    item[field["name"].lower()] = value
    return item


ANSWERS = {
    "list": project_list,
    "create": project_create,
    "field-list": field_list,
    "field-create": field_create,
    "item-list": item_list,
    "item-create": item_create,
    "item-edit": item_edit,
}

if __name__ == "__main__":
    main(sys.argv[1:])
