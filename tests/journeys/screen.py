"""A person in front of the sandbox's page in a real browser: the deeds of a phone, by clicks."""

from dataclasses import dataclass

from playwright.async_api import Page, Response

from tests.journeys.phone import Json, Phone, buttons


@dataclass(slots=True)
class Screen(Phone):
    """The page is shared by everybody: whoever acts takes the seat first."""

    page: Page | None = None

    async def deed(self, deed: str, body: Json | None = None) -> Json:
        """Type a text and send it."""
        assert deed == "text", f"{deed} has no place on this screen"
        page = await self.seat()
        await page.get_by_label("Message", exact=True).fill(str((body or {})["text"]))
        async with page.expect_response(_posted):
            await page.get_by_role("button", name="Send").click()
        await self.street.settle()
        return {}

    async def press(self, label: str) -> str:
        """Click the newest button that is, else contains, ``label``."""
        self.taps += 1
        message, data = await self.find(label)
        shown = next(b["text"] for b in buttons(message) if b.get("callback_data") == data)
        page = await self.seat()
        there = page.locator(f'[role=log] li[data-id="{message["message_id"]}"] .inline')
        async with page.expect_response(_posted):
            await there.get_by_role("button", name=shown, exact=True).first.click()
        await self.street.settle()
        return await self.text()

    async def seat(self) -> Page:
        """The page with this person's chat open."""
        assert self.page is not None
        await self.page.get_by_label("You are").select_option(value=str(self.id))
        await self.page.locator(f'#chat-actions[data-chat="bot{self.id}"]').wait_for(
            state="attached"
        )
        return self.page


def _posted(answer: Response) -> bool:
    return answer.request.method == "POST"


def seated(phone: Phone, page: Page) -> Screen:
    """The same person, from now on in front of the page."""
    return Screen(phone.street, phone.id, phone.lang, page=page)
