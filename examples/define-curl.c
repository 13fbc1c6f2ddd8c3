/* SPDX-License-Identifier: MIT */
/* Give libcurl's URL and what it allocates a guard: take a URL apart. */
#include <curl/curl.h>
#include <stdio.h>
#include <with/guard.h>

static CURLU *parse(const char *text)
{
	CURLU *url = curl_url();

	if (url && curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		url = NULL;
	}
	return url;
}

static char *part(CURLU *url, CURLUPart which)
{
	char *text = NULL;

	curl_url_get(url, which, &text, 0);
	return text;
}

WITH_DEFINE(my_url, CURLU *, parse, curl_url_cleanup)
WITH_DEFINE(my_part, char *, part, curl_free)

int main(void)
{
	WITH (my_url, url, "https://example.org/with?q=c")
		WITH (my_part, host, url, CURLUPART_HOST)
			puts(host);
	WITH (my_url, url, "not a url")
		puts("parsed");
	else
		puts("no URL");
	return 0;
}
