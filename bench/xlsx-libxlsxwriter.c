/* Writes tab-separated rows as a workbook with libxlsxwriter in constant-memory mode, which writes inline strings and
 * cell references as Trailport does. The rows are in memory and split before the clock starts.
 * Arguments: rows file, workbook, runs. The first field is milliseconds since 1970. Answers with a line of JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <xlsxwriter.h>

enum { columns = 14 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  FILE *file = fopen(arguments[1], "rb");
  if (file == NULL) return 1;
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  char *text = malloc(bytes + 1);
  if (text == NULL || fread(text, 1, bytes, file) != (size_t)bytes) return 1;
  fclose(file);
  text[bytes] = 0;

  size_t rows = 0;
  for (long i = 0; i < bytes; i++) rows += text[i] == '\n';
  char **cells = malloc(rows * columns * sizeof(char *));
  double *times = malloc(rows * sizeof(double));
  char *at = text;
  for (size_t row = 0; row < rows; row++) {
    for (int column = 0; column < columns; column++) {
      cells[row * columns + column] = at;
      at += strcspn(at, "\t\n");
      *at++ = 0;
    }
    times[row] = 25569 + atof(cells[row * columns]) / 86400000;
  }

  int runs = atoi(arguments[3]);
  printf("{\"rows\":%zu,\"seconds\":[", rows);
  for (int run = 0; run < runs; run++) {
    double started = now();
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *workbook = workbook_new_opt(arguments[2], &options);
    lxw_worksheet *sheet = workbook_add_worksheet(workbook, "Activities");
    lxw_format *date = workbook_add_format(workbook);
    format_set_num_format(date, "yyyy-mm-dd hh:mm:ss.000");
    for (size_t row = 0; row < rows; row++) {
      worksheet_write_number(sheet, row + 1, 0, times[row], date);
      for (int column = 1; column < columns; column++)
        worksheet_write_string(sheet, row + 1, column, cells[row * columns + column], NULL);
    }
    if (workbook_close(workbook) != LXW_NO_ERROR) return 1;
    printf("%s%.4f", run == 0 ? "" : ",", now() - started);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("],\"rssBytes\":%ld}\n", usage.ru_maxrss * 1024);
  return 0;
}
