"""How the world reaches us over HTTP, one file per caller. It holds no rules: each view calls one flow."""
