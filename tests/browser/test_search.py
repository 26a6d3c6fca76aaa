"""The search finds what the book says, from the page of the search and from any other."""


def test_search_finds_a_lecture(open_page):
    page = open_page("search.html?q=perplexity")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert any("00-before-we-start" in address for address in found), found


def test_search_says_when_there_is_nothing(open_page):
    page = open_page("search.html?q=xylophonist")
    page.locator("#search-results .search-summary").wait_for()
    page.wait_for_function("document.querySelector('#search-results').textContent.includes('did not match')")
    assert page.locator("#search-results li").count() == 0


def test_search_starts_from_any_page_by_keyboard(open_page):
    page = open_page("pages/glossary.html")
    page.keyboard.press("Control+k")
    page.locator("dialog[open] input[type=search]").wait_for()
    page.keyboard.type("attention")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=attention")
    page.locator("#search-results li a").first.wait_for()
    page.locator("#search-results li a").first.click()
    page.wait_for_url(lambda address: "search.html" not in address)
    assert "attention" in page.locator("article").inner_text().lower()
