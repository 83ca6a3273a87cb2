"""demos.playground in a real browser: Chromium without a window, steered by selenium.

Debian: apt-get install chromium chromium-driver; pip install -e ".[browser]"
"""

import shutil
import threading
import zlib

import numpy as np
import pytest
from matplotlib.figure import Figure

from demos import variants
from demos.playground import scenes, settings
from demos.playground.server import Server
from demos.playground.session import Session
from numgan import plotting

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: "
                                'pip install -e ".[browser]"')
from selenium.common.exceptions import WebDriverException  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
               None)
DRIVER = shutil.which("chromedriver")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs Chromium and its driver: "
    "apt-get install chromium chromium-driver")]
KNOBS = sorted(set(settings.defaults()) - {"points"})
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


class Page:
    """The page as a visitor has it."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu",
                         "--disable-dev-shm-usage", "--window-size=1366,900"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
        self.browser.set_script_timeout(120)
        self.session = Session()
        self.server = Server(self.session)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.browser.quit()
        self.server.shutdown()
        self.server.server_close()
        self.session.close()

    def open(self, width=None):
        """Anew, with a paused run of the default scene; on a phone if a width is given."""
        self.session.do({"do": "one"})
        self.session.do({"do": "pause"})
        self.session.do({"do": "start", "settings": scenes.RING})
        if width is None:
            self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        else:
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        self.browser.get("about:blank")
        self.browser.get(self.server.address)
        self.wait(lambda: self.js("return typeof picture !== 'undefined' && picture !== null "
                                  "&& $('knob-k').value !== ''"))  # its script may not have run

    def js(self, text, *values):
        return self.browser.execute_script(text, *values)

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def click(self, selector):
        element = self.find(selector)
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def wait(self, until, seconds=60):
        return WebDriverWait(self.browser, seconds, 0.1).until(lambda _: until())

    def of(self, knob, run=0):
        """What the training has it at."""
        return self.session.runs[run].run.settings[knob]

    def shown(self, canvas):
        """The canvas's pixels, as one number."""
        return zlib.crc32(self.js("return $(arguments[0]).toDataURL()", canvas).encode())


@pytest.fixture(scope="module")
def running():
    try:
        page = Page()
    except WebDriverException as error:
        pytest.skip(f"Chromium does not start here: {error.msg}")
    yield page
    page.close()


@pytest.fixture
def page(running):
    """Whatever a test does, the console stays empty, and nothing is said to have failed."""
    running.open()
    running.browser.get_log("browser")
    yield running
    assert running.browser.get_log("browser") == []


@pytest.mark.parametrize("scene", scenes.SCENES, ids=lambda scene: scene["name"])
def test_a_scene_runs(page, scene):
    empty = page.shown("plane-a")
    page.click(f"[data-scene={scene['name']}]")
    runs = 2 if "two" in scene else 1
    page.wait(lambda: page.js("return picture.runs.length") == runs
              and min(page.js("return picture.runs.map(run => run.step)")) >= 200, 120)
    page.click("#play")  # pause
    page.wait(lambda: page.find("#play").text == "play")
    assert page.find("#text").text == scene["text"] and page.find("#said").text == ""
    page.wait(lambda: "Too early" not in page.find("#diagnosis").text)
    assert page.find(f"[data-scene={scene['name']}]").get_attribute("aria-pressed") == "true"
    assert page.shown("plane-a") != empty
    assert page.find("#second").is_displayed() == (runs == 2)
    for name, value in scene["settings"].items():
        assert page.of(name) == value
    for name, value in scene.get("two", {}).items():
        assert page.of(name, 1) == value
    for chart in page.browser.find_elements(By.CSS_SELECTOR, "[data-chart]"):
        colours = page.js("const c = arguments[0], p = c.getContext('2d').getImageData(0, 0, "
                          "c.width, c.height).data; let n = 0; for (let i = 0; i < p.length; "
                          "i += 4) n += p[i + 3] && Math.max(p[i], p[i + 1], p[i + 2]) - "
                          "Math.min(p[i], p[i + 1], p[i + 2]) > 90; return n", chart)
        assert colours > 20, "no curve is drawn"
    assert page.js("return location.hash") == f"#scene={scene['name']}"


@pytest.mark.parametrize("knob", KNOBS)
def test_a_knob_acts(page, knob):
    if knob == "weight":
        Select(page.find("#knob-penalty")).select_by_value("r1")
        page.wait(lambda: page.find("#knob-weight").is_enabled())
    before, element = page.of(knob), page.find(f"#knob-{knob}")
    page.js("arguments[0].scrollIntoView({block: 'center'})", element)
    if element.tag_name == "select":
        choice = Select(element)
        wanted = {"data": "grid", "method": "lsgan", "loss": "hinge", "penalty": "r2",
                  "optimizer": "sgd", "updates": "simultaneous"}[knob]
        choice.select_by_value(wanted)
        page.wait(lambda: page.of(knob) == wanted)
    else:
        element.send_keys(Keys.ARROW_RIGHT)
        page.wait(lambda: page.of(knob) != before)
        said = page.js("return arguments[0].nextElementSibling.textContent", element)
        assert float(said) == page.of(knob) > before
    page.click("#step")
    page.wait(lambda: page.js("return picture.runs[0].step") >= 1)
    page.wait(lambda: page.js("return picture.runs[0].settings[arguments[0]]", knob)
              == page.of(knob))
    assert page.find("#said").text == ""


@pytest.mark.parametrize("view", ["map", "real", "fake", "arrows", "grid"])
def test_a_view_can_be_turned_on_and_off(page, view):
    page.session.do({"do": "step", "count": 50})
    page.wait(lambda: page.js("return picture.runs[0].step") == 50)
    page.wait(lambda: "step 50" in page.find("#where").text)
    seen = [page.shown("plane-a")]
    for _ in range(2):
        page.click(f"[data-view={view}]")
        seen.append(page.shown("plane-a"))
    assert seen[0] == seen[2] != seen[1]


def test_points_that_were_drawn_are_learned(page):
    Select(page.find("#knob-data")).select_by_value("drawn")
    plane = page.find("#plane-a")
    page.js("arguments[0].scrollIntoView({block: 'center'})", plane)
    side = plane.size["width"]
    for x, y in (-0.3, -0.3), (0.3, 0.2):  # two short strokes, from there to the right
        pen = ActionChains(page.browser, 20).move_to_element_with_offset(
            plane, int(x * side), int(y * side)).click_and_hold()
        for _ in range(10):
            pen.move_by_offset(3, 0)
        pen.release().perform()
    page.click("#learn")
    page.wait(lambda: page.of("data") == "drawn")
    points = np.array(page.of("points"))
    assert len(points) >= 40
    assert set((points[:, 0] > 0).astype(int)) == {0, 1} == set((points[:, 1] > 0).astype(int))

    def learned():
        fake = np.array(page.js("return picture.runs[0].fake"))
        apart = np.hypot(*(fake[:, None] - points).transpose(2, 0, 1))
        on_left = points[apart.argmin(axis=1), 0] < 0
        return np.median(apart.min(axis=1)) < 0.1 and 0.1 < on_left.mean() < 0.9
    page.wait(learned, 240)


def fits(page):
    """Nothing is wider than the screen: neither the page nor what is on it, but for the scenes'
    buttons, a row that is pushed sideways."""
    assert page.js("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]
    assert page.js("""
        return [...document.querySelectorAll("button, canvas, select, input, p, td, textarea")]
          .filter(one => one.offsetParent && !one.closest("#scenes"))
          .map(one => [one.id || one.textContent, one.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth + 0.5))
          .map(([name]) => name)""") == []


def test_a_phone_s_width_works(page):
    page.open(width=PHONE["width"])
    fits(page)
    page.click("[data-scene=r1]")  # two at once
    page.wait(lambda: page.js("return picture.runs.length === 2 && picture.runs[1].step > 5"))
    fits(page)
    assert min(page.find(f"#plane-{run}").size["width"] for run in "ab") > 120
    page.click("#slow")
    page.wait(lambda: page.find("#telling").is_displayed())
    page.click("#by-itself")
    for _ in range(page.js("return telling.phases.length")):
        fits(page)
        page.click("#next")
    page.click("#enough")
    page.js("arguments[0].scrollIntoView({block: 'center'})", page.find("#plane-a"))
    x, y = page.js("const run = picture.runs[0], box = $('plane-a').getBoundingClientRect();"
                   "const [x, y] = places(run.extent, box.width, box.height)(run.fake.find("
                   "([x, y]) => x > run.extent[0] && x < run.extent[1] && y > run.extent[2] "
                   "&& y < run.extent[3])); return [x - box.width / 2, y - box.height / 2]")
    ActionChains(page.browser).move_to_element_with_offset(
        page.find("#plane-a"), int(x), int(y)).click().perform()
    page.wait(lambda: page.find("#ray").is_displayed())
    assert len(page.browser.find_elements(By.CSS_SELECTOR, "#ray-rows tr")) > 5
    fits(page)
    page.click("#ray-close")
    page.click("summary")
    fits(page)
    page.session.do({"do": "one"})
    page.wait(lambda: page.js("return picture.runs.length") == 1)
    Select(page.find("#knob-data")).select_by_value("drawn")
    page.wait(lambda: page.find("#drawing").is_displayed())
    fits(page)
    page.click("#paste")
    page.wait(lambda: page.find("#pasting").is_displayed())
    fits(page)
    page.find("#pasted").send_keys("0, 0\n1, 1")
    page.click("#use")
    page.click("#learn")
    page.wait(lambda: page.of("points") == [[-1, -1], [1, 1]])
    fits(page)


def test_the_other_pages_fit_a_phone(page, tmp_path, capsys):
    """That of a film, and the family's with its table."""
    assert not variants.main(["--quick", "--dataset", "digits", "--only", "gan", "--jobs", "1",
                              "--out", str(tmp_path)])
    plotting.save_film(Figure(figsize=(9, 6)), lambda index: None, 25,
                       html_path=tmp_path / "film.html", title="A film", text="What one sees.")
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    for name in ("film.html", "index.html"):
        page.browser.get((tmp_path / name).as_uri())
        assert page.js("return [document.documentElement.scrollWidth, innerWidth]") == [390, 390]


def test_a_click_is_answered_at_once(page):
    """While the default scene trains at full speed: the median of 100 clicks, from the click to the
    answer of the training's thread, is at most 100 ms."""
    page.click("[data-scene=hello]")
    page.wait(lambda: page.js("return picture.runs[0].step") >= 200, 120)
    assert page.js("return picture.playing")
    times = page.browser.execute_async_script("""
        const done = arguments[0], times = [], asked = ask;
        let answered = null;
        ask = async command => { const found = await asked(command); answered(); return found; };
        (async () => {
          for (let count = 0; count < 100; count++) {
            const begun = performance.now(), heard = new Promise(ready => { answered = ready; });
            $("average").click();
            await heard;
            times.push(performance.now() - begun);
            await sleep(50);
          }
          ask = asked;
          done(times);
        })();""")
    assert len(times) == 100 and page.find("#said").text == ""
    assert np.median(times) <= 100
