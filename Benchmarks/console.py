"""`make bench`: how long people wait for the console's pages, in Debian's chromium, and what a page costs the server.

    console.py PATH-OF-GATEHOUSE

For each page: milliseconds from the click until something is painted, and until everything is there (medians of seven, cookies
and files kept, as with people), and its bytes. Beside them the server's own file of the same size order, its style sheet, which
takes no work: what the browser itself needs is in both.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())

from bench import cpu_seconds, heading, machine, row  # noqa: E402
from harness import policy, allow  # noqa: E402
from harness.browser import PASSWORD, Person, chromium, signed_up  # noqa: E402
from harness.server import ACCOUNT, Server  # noqa: E402

TIMES = 7
USERS = 1000
PAGES = [
    "home", "users", "users/user-0001", "groups", "roles", "policies", "policy-editor", "simulator", "events", "keys", "buckets",
    "organization", "access-analyzer",
]  # fmt: skip
PAINT = """() => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const whole = performance.getEntriesByType("navigation")[0];
    return [paint ? paint.startTime : NaN, whole.loadEventEnd || whole.domComplete];
}"""


def main() -> None:
    print(f"The console on {machine()}")
    heading(f"Pages of an account with {USERS:,} users, after the first visit")
    with Server() as server, chromium() as browser:
        signed_up(server.root, "admin", "arn:aws:iam::aws:policy/AdministratorAccess")
        for number in range(USERS):
            server.root.iam.create_user(UserName=f"user-{number:04}")
        server.root.iam.put_user_policy(
            UserName="user-0001", PolicyName="own", PolicyDocument=policy(allow("s3:GetObject", "*"))
        )
        person = Person(browser, server)
        person.sign_in(ACCOUNT, "admin", PASSWORD)
        pid = server.process.pid if server.process else 0
        style = person.page.locator("link[rel=stylesheet]").get_attribute("href") or ""
        for path in [style, *(f"/ui/{page}" for page in PAGES)]:
            answer = person.page.goto(path)
            if answer is None or answer.status != 200:
                row(path, "-", "is not there")
                continue
            size = len(answer.body())
            painted, whole, before = [], [], cpu_seconds(pid)
            for _ in range(TIMES):
                person.page.goto(path)
                person.page.wait_for_timeout(50)
                first, last = person.page.evaluate(PAINT)
                painted.append(first)
                whole.append(last)
            cost = (cpu_seconds(pid) - before) / TIMES * 1000
            name = "the style sheet, for comparison" if path == style else path
            row(
                name, f"{statistics.median(painted):.0f} ms",
                f"{statistics.median(whole):.0f} ms whole; {size / 1000:.0f} KB; {cost:.1f} ms of CPU",
            )
        person.close()


if __name__ == "__main__":
    main()
