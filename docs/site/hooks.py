"""The site holds what its pages link to, though it stands elsewhere in the repository.

README.md is the first page. A link that leads out of docs/ leads to a page under source/:
Markdown as it is, anything else as code, a folder as a list. A picture of the pipeline is put
into its page, so that its links work; formulas become MathML, so that no script is needed.
"""

import posixpath
import re
from pathlib import Path

from latex2mathml.converter import convert
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"(^```.*?^```|`[^`\n]+`)", re.M | re.S)
LINK = re.compile(r"""(\]\(\s*|href="|src=")([^)\s"#]+)""")
DRAWING = re.compile(r'<p><img alt="[^"]*" src="([^"]+\.svg)"[^>]*/?></p>')
HEAD = "---\nsearch: {{exclude: true}}\n---\n# `{}`\n"
LANGUAGES = {".py": "python", ".smk": "python", ".yaml": "yaml", ".cpp": "cpp", ".h": "cpp"}


def on_config(config):
    """Formulas in blocks marked `math`, as GitHub has them."""

    def math(source, language, css_class, options, md, **kwargs):
        return f'<div class="math">{convert(source, display="block")}</div>'

    fences = {"custom_fences": [{"name": "math", "class": "math", "format": math}]}
    config.mdx_configs.setdefault("pymdownx.superfences", {}).update(fences)
    return config


def on_files(files, config):
    """Add a page for README.md, and for all that any page links to outside docs/."""
    origins = {file.src_uri: Path("docs", file.src_uri) for file in files.documentation_pages()}
    waiting = [Path("README.md"), *origins.values(), *Path("docs/figures").glob("*.svg")]
    while waiting:
        origin = waiting.pop()
        if origin.parts[0] != "docs" and (uri := place(origin)) not in origins:
            files.append(File.generated(config, uri, content=page(origin)))
            origins[uri] = origin
        if (ROOT / origin).is_dir():
            waiting += [path for path in listed(origin) if (ROOT / path).is_file()]
        elif origin.suffix in (".md", ".svg"):
            waiting += [path for path in linked(origin) if place(path) not in origins]
    config.extra["origins"] = origins
    return files


def on_page_markdown(markdown, page, config, files):
    """Links lead to where their targets are in the site; without headings, no list of them."""
    if "\n## " not in markdown and ":::" not in markdown:
        page.meta["hide"] = ["toc"]
    origin = config.extra["origins"].get(page.file.src_uri)
    if origin is None or origin.suffix != ".md":
        return markdown

    def moved(match):
        target = resolve(origin, match[2])
        if target is None:
            return match[0]
        here = posixpath.dirname(page.file.src_uri) or "."
        return match[1].strip() + posixpath.relpath(place(target), here)

    parts = FENCED.split(markdown)
    return "".join(part if i % 2 else LINK.sub(moved, part) for i, part in enumerate(parts))


def on_page_content(html, page, config, files):
    """Drawings stand in the page itself; captions name no experiment of their own."""

    def drawn(match):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.url), match[1]))
        origin = Path("docs", path)

        def moved(link):
            target = files.get_file_from_path(place(resolve(origin, link[2])))
            return link[1] + target.url_relative_to(page.file)

        return f'<div class="drawing">{LINK.sub(moved, (ROOT / origin).read_text())}</div>'

    html = html.replace("<code>{{ snakemake.wildcards.experiment }}</code>", "an experiment")
    return DRAWING.sub(drawn, html)


def linked(origin):
    """The files of the repository that a page or a drawing links to."""
    text = FENCED.sub("", (ROOT / origin).read_text())
    targets = (resolve(origin, link) for _, link in LINK.findall(text))
    return [path for path in targets if path is not None]


def listed(folder):
    """What a folder of the repository holds."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(("__py", ".")))


def resolve(origin, link):
    """The path in the repository that a link leads to; None where it leads elsewhere."""
    if re.match(r"[a-z]+:|/", link):
        return None
    path = Path(posixpath.normpath(posixpath.join(origin.parent.as_posix(), link)))
    if path.parts[0] == ".." or not (ROOT / path).exists():
        return None
    return path / "README.md" if (ROOT / path / "README.md").exists() else path


def place(path):
    """Where a file of the repository is in the site."""
    if path == Path("README.md"):
        return "index.md"
    if path.parts[0] == "docs":
        return path.relative_to("docs").as_posix()
    if (ROOT / path).is_dir():
        return f"source/{path.as_posix()}/index.md"
    return f"source/{path.as_posix()}" + ("" if path.suffix == ".md" else ".md")


def page(path):
    """A file of the repository as Markdown."""
    if (ROOT / path).is_dir():
        lines = [HEAD.format(path.as_posix())]
        for entry in listed(path):
            name = f"`{entry.name}`"
            lines.append(f"- [{name}]({entry.name}.md)" if entry.is_file() else f"- {name}")
        return "\n".join(lines)
    text = (ROOT / path).read_text()
    if path.suffix == ".md":
        return text
    language = LANGUAGES.get(path.suffix, "text")
    head = f"---\nsearch: {{exclude: true}}\n---\n# `{path.as_posix()}`\n"
    return f'{head}\n````{language} linenums="1"\n{text}\n````\n'
