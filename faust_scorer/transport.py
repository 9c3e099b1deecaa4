"""A shorter way from Faust's fetched records to its stream: the variant `faust-tuned`.

For each record Faust waits for whichever comes first, that it is handed over or that a rebalance
begins. That takes four tasks and over half of what Faust costs at all, although a record is handed
over without waiting for anything unless the stream's buffer is full or the partitions are being
dealt out. So only then does this consumer wait, and in a rebalance as Faust does: a record left
waiting through it would be taken for read, and those from the committed offset up to it be dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar, Final, cast

from faust.transport.drivers import aiokafka
from faust.types.transports import ConsumerT
from mode.services import WaitArgT, WaitResults
from mode.utils.times import Seconds

_FULL_PAUSE_S: Final = 0.005
"""The stream takes some hundred records from a full buffer in this time."""
_RECORD_AND_SUSPENSION: Final = 2
_HANDED_OVER: Final = WaitResults([], [], stopped=False)


class TunedConsumer(aiokafka.Consumer):
    """Faust's consumer with another way of waiting."""

    async def wait_first(self, *waited: WaitArgT, **limits: Seconds) -> WaitResults:
        """Hand a record over at once where nothing can block it; else wait as Faust does."""
        if len(waited) == _RECORD_AND_SUSPENSION:
            handing_over, suspension = waited
            if isinstance(handing_over, Coroutine) and isinstance(suspension, Coroutine):
                return await self._hand_over(handing_over, suspension)
        return await super().wait_first(*waited, **limits)

    async def _hand_over(
        self, handing_over: Coroutine[Any, Any, None], suspension: Coroutine[Any, Any, object]
    ) -> WaitResults:
        try:
            while self.flow_active and self.app.flow_control.is_active():
                if not self._is_buffer_full():
                    await handing_over
                    return _HANDED_OVER
                await asyncio.sleep(_FULL_PAUSE_S)
            return await super().wait_first(handing_over, suspension)
        finally:
            handing_over.close()
            suspension.close()

    def _is_buffer_full(self) -> bool:
        return any(cast("Any", channel).queue.full() for channel in self.app.topics)


class TunedTransport(aiokafka.Transport):
    """Faust's transport with our consumer."""

    Consumer: ClassVar[type[ConsumerT]] = cast("type[ConsumerT]", TunedConsumer)
