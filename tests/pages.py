"""What every page that the project writes must be."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The file `path`, checked: UTF-8 that says so, a title, a paragraph, and nothing but itself.

    `texts` maps title, h1 and p to lists of what stands in them.
    """

    def __init__(self, path):
        super().__init__()
        self.inside, self.texts, self.charset = "", {}, None
        self.source = path.read_bytes().decode("utf-8")
        self.feed(self.source)
        self.close()
        # a browser looks for it in the first 1,024 bytes
        assert self.charset == "utf-8" and self.source.index("charset") < 1000
        assert len(self.texts["title"]) == 1 and self.texts["title"] == self.texts["h1"]
        assert len(self.texts["p"][0]) > 200

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        for name, value in attributes:
            if name == "charset":
                self.charset = value
            elif name in ("src", "href"):
                assert value.startswith(("data:", "#")), value

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside:
            self.texts.setdefault(self.inside, []).append(data)
