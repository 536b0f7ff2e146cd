"""Renders the Dashboard page's templates in its languages; every value is escaped, wherever it comes from."""

from functools import cache, partial
from typing import Any
from uuid import uuid4

from jinja2 import Environment, PackageLoader, StrictUndefined

from saleor_kupikupi import __version__
from saleor_kupikupi.web.dashboard.texts import LANGUAGES, Texts, amount_in, day_in, moment_in, texts_in


class Pages:
    """The templates, ready in each language; `prefix` is the path under which a browser finds the app."""

    def __init__(self, prefix: str) -> None:
        self._texts = {language: texts_in(language) for language in LANGUAGES}
        self._environments = {language: _environment(language, prefix) for language in LANGUAGES}

    def render(self, language: str, template: str, **model: object) -> str:
        """Renders a template of templates/dashboard/."""
        return self._environments[language].get_template(f"dashboard/{template}").render(model)

    def texts(self, language: str) -> Texts:
        """Gives the texts of a language, for what is said outside of templates."""
        return self._texts[language]


@cache
def _environment(language: str, prefix: str) -> Environment:
    made = Environment(
        loader=PackageLoader("saleor_kupikupi.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    extended: Any = made  # the extension gives the environment methods that its type does not have
    extended.install_gettext_translations(texts_in(language), newstyle=True)
    made.globals.update(language=language, prefix=prefix, version=__version__, form_key=lambda: uuid4().hex)
    made.filters.update(
        amount=partial(amount_in, language), moment=partial(moment_in, language), day=partial(day_in, language)
    )
    return made
