// SPDX-License-Identifier: GPL-3.0-or-later
#include "extractor/pdf.h"

#include <poppler/cpp/poppler-document.h>
#include <poppler/cpp/poppler-embedded-file.h>
#include <poppler/cpp/poppler-global.h>
#include <poppler/cpp/poppler-page.h>

#include <climits>
#include <memory>
#include <new>

namespace
{

void no_word(const std::string &, void *)
{
}

bool give(const am_pdf_taker &taker, const poppler::ustring &text,
          const char *end)
{
	poppler::byte_array bytes = text.to_utf8();

	// Poppler ends pages itself, where there are any.
	if (bytes.empty() || bytes.back() != *end)
		bytes.push_back(*end);
	return taker.text(taker.user, bytes.data(), bytes.size());
}

bool give_info(const poppler::document &doc, const am_pdf_taker &taker)
{
	for (const char *key : {"Title", "Author", "Subject", "Keywords"}) {
		const poppler::ustring value = doc.info_key(key);
		if (!value.empty() && !give(taker, value, "\n"))
			return false;
	}
	return true;
}

bool give_pages(const poppler::document &doc, const am_pdf_taker &taker)
{
	for (int i = 0; i < doc.pages(); i++) {
		const std::unique_ptr<poppler::page> page(doc.create_page(i));
		const poppler::ustring text =
			page ? page->text(poppler::rectf(),
		                          poppler::page::
		                                  non_raw_non_physical_layout)
			     : poppler::ustring();
		if (!give(taker, text, "\f"))
			return false;
	}
	return true;
}

// They belong to the document.
void give_files(const poppler::document &doc, const am_pdf_taker &taker)
{
	if (!doc.has_embedded_files())
		return;
	for (const poppler::embedded_file *file : doc.embedded_files()) {
		const int size = file->size();
		if (!file->is_valid() ||
		    !taker.file(taker.user, file->name().c_str(),
		                size > 0 ? static_cast<size_t>(size) : 0))
			continue;
		const poppler::byte_array bytes = file->data();
		taker.file_bytes(
			taker.user, file->name().c_str(),
			reinterpret_cast<const uint8_t *>(bytes.data()),
			bytes.size());
	}
}

am_pdf_result read(const uint8_t *data, size_t len, const am_pdf_taker &taker)
{
	if (len > INT_MAX)
		return AM_PDF_DAMAGED;
	poppler::set_debug_error_function(no_word, nullptr);
	const std::unique_ptr<poppler::document> doc(
		poppler::document::load_from_raw_data(
			reinterpret_cast<const char *>(data),
			static_cast<int>(len)));
	if (!doc)
		return AM_PDF_DAMAGED;
	if (doc->is_locked())
		return AM_PDF_ENCRYPTED;
	if (give_info(*doc, taker) && give_pages(*doc, taker))
		give_files(*doc, taker);
	return AM_PDF_OK;
}

} // namespace

am_pdf_result am_pdf_read(const uint8_t *data, size_t len,
                          const am_pdf_taker *taker)
{
	try {
		return read(data, len, *taker);
	} catch (const std::bad_alloc &) {
		return AM_PDF_MEMORY;
	} catch (...) {
		return AM_PDF_DAMAGED;
	}
}

void am_pdf_keep(const uint8_t *data, size_t len)
{
	static poppler::document *kept;

	try {
		kept = poppler::document::load_from_raw_data(
			reinterpret_cast<const char *>(data),
			static_cast<int>(len));
		(void)kept;
	} catch (...) {
		kept = nullptr;
	}
}
