#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    int year = 2018;
    int month = 10;
    int pages = 12;
    int rest = 0;
    char title[64];
    char report[128];
    char *author = malloc(32);

    strcpy(title, "repairing code");
    strcpy(author, "a reader");
    rest = pages * 4;

    if (rest > 40) {
        rest = rest - pages;
    }
    sprintf(report, "%s, %d pages, in %d\n", title, pages);
    puts(report);
    printf("%s has %d minutes to read\n", author, rest);
    pages++;
    sprintf(report, "%d pages left", pages);
    puts(report);
    fprintf(stderr, "%d\n", year);
    free(author);

    return 0;
}
