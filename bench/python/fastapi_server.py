"""The peer of bench/server.ts: the same reward behind FastAPI and one uvicorn worker. Prints its port once it listens.

Usage: fastapi_server.py regex | wait | hang
"""

import asyncio
import re
import socket
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

ANSWER = re.compile(r"#### -?\d+")
DEADLINE = 1.0


class Request(BaseModel):
    query: list[str]
    prompts: list[str]
    labels: list[str]


def matches(query: str, prompt: str) -> float:
    return 1.0 if ANSWER.search(query[len(prompt) :] if query.startswith(prompt) else query) else 0.0


async def waits(query: str, prompt: str) -> float:
    await asyncio.sleep(0.05)
    return matches(query, prompt)


async def hangs(query: str, prompt: str) -> float:
    if "[hang]" in query:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), DEADLINE)
        except TimeoutError:
            return 0.0
    return matches(query, prompt)


app = FastAPI()
kind = sys.argv[1]


@app.post("/get_reward")
async def get_reward(request: Request):
    pairs = zip(request.query, request.prompts)
    if kind == "regex":
        rewards = [matches(query, prompt) for query, prompt in pairs]
    else:
        one = waits if kind == "wait" else hangs
        rewards = await asyncio.gather(*(one(query, prompt) for query, prompt in pairs))
    return {"rewards": rewards, "scores": rewards, "extra_logs": {"unscored": [0] * len(rewards)}}


listener = socket.socket()
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
