"""What search engines and those who share a link see: one card for the site, with its absolute address.

sphinxext-opengraph writes title and description; tools/draw_social_card.py draws the card.
"""

CARD = "_static/social-card.png"
ALTERNATIVE = "From seq2seq to BERT: attention, built and measured. Beside it a heat map of attention weights."


def add_card(app, config):
    config.ogp_image = config.ogp_site_url + CARD
    config.ogp_image_alt = ALTERNATIVE
    config.ogp_custom_meta_tags = [
        '<meta property="og:image:width" content="1200">',
        '<meta property="og:image:height" content="630">',
        '<meta name="twitter:card" content="summary_large_image">',
    ]


def setup(app):
    app.connect("config-inited", add_card, priority=2)  # after the site's address is known (book_address.py)
    return {"version": "1", "parallel_read_safe": True}
